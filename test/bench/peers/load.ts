// Peers: the libraries that the client is compared with, and their versions.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The folder of the peers. Their `axios` is the one of this project. */
export const folder: string = import.meta.dirname

/** Runs `npm ci`, unless the same lock file has been installed. */
export async function installPeers(): Promise<void> {
  const marker = join(folder, 'node_modules/.installed')
  const lock = readFileSync(join(folder, 'package-lock.json'))
  const hash = createHash('sha256').update(lock).digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return
  await promisify(execFile)('npm', ['ci', '--no-progress', '--loglevel=error'], { cwd: folder })
  writeFileSync(marker, hash)
}

/** Imports a peer. The specifier is computed, because type checks run without the peers. */
export function loadPeer(name: string): Promise<unknown> {
  return import(name)
}

/** The pinned versions, by name. */
export function peerVersions(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies
}
