// Versions: what a run has measured, so that figures of two runs can be compared.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { peerVersions } from './peers/load.ts'

const root = join(import.meta.dirname, '../..')

function versionIn(folder: string): string {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).version
}

export function readVersions(): Readonly<Record<string, string>> {
  return {
    everbearer: versionIn('.'),
    node: process.versions.node,
    v8: process.versions.v8,
    axios: versionIn('node_modules/axios'),
    esbuild: versionIn('node_modules/esbuild'),
    ...peerVersions(),
    cpu: `${cpus()[0]?.model ?? 'unknown'} (${cpus().length} cores)`
  }
}
