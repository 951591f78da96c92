// Built page: bundles a script with the built package and serves it in an empty document.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { type Site, serveDirectory } from './static-site.ts'

const dist = (path: string) => join(import.meta.dirname, '../../../dist', path)

const document = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>everbearer in a page</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <script type="module" src="./main.js"></script>
  </body>
</html>
`

/** The script is `main.ts` in the directory. Files in its folder `public` are served too. */
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
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      rolldownOptions: {
        input: join(sourceDirectory, 'main.ts'),
        output: { entryFileNames: 'main.js' }
      }
    }
  })
  await writeFile(join(outDir, 'index.html'), document)
  const site = await serveDirectory(outDir)
  return {
    url: site.url,
    async close() {
      await site.close()
      await rm(outDir, { recursive: true })
    }
  }
}
