// A page that uses the built package, served on a port of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { type Site, serveDirectory } from './static-site.ts'

const dist = (path: string) => join(import.meta.dirname, '../../dist', path)

export async function serveBuiltPage(
  sourceDirectory: string,
  define: Record<string, string>
): Promise<Site> {
  const outDir = await mkdtemp(join(tmpdir(), 'everbearer-page-'))
  await build({
    root: sourceDirectory,
    configFile: false,
    logLevel: 'error',
    define,
    resolve: { alias: [{ find: /^everbearer$/, replacement: dist('index.js') }] },
    build: { outDir, emptyOutDir: true, target: 'es2022' }
  })
  const site = await serveDirectory(outDir)
  return {
    url: site.url,
    async close() {
      await site.close()
      await rm(outDir, { recursive: true })
    }
  }
}
