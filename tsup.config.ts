// Build: one bundle per entry, with shared chunks for common code, and one declaration file per
// entry, rolled up from the sources. tsup's own `dts` needs a compiler API that TypeScript 7 does
// not have.
import { copyFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import type { Options } from 'tsup'

const outDir = 'dist'

const entries = {
  index: 'src/index.ts',
  contracts: 'src/contracts.ts',
  'react/index': 'src/react/index.tsx',
  'mock/index': 'src/mock/index.ts',
  'mock/msw': 'src/mock/msw.ts',
  'mock/node': 'src/mock/node.ts'
}

/** Which entry declares the types of a module: the first one whose room contains it. */
const rooms: readonly (readonly [room: string, entry: string])[] = [
  ['src/contract/presets/', 'contracts'],
  ['src/react/', 'react/index'],
  ['src/mock/adapters/msw', 'mock/msw'],
  ['src/mock/adapters/node', 'mock/node'],
  ['src/mock/', 'mock/index'],
  ['src/', 'index']
]

/** Imports the types of another entry from its declarations, so each type is declared once. */
function importFromEntries(entry: string): Plugin {
  return {
    name: 'import-from-entries',
    resolveId(source, importer) {
      if (importer === undefined || !source.startsWith('.')) return undefined
      const file = relative('.', resolve(dirname(importer), source))
      const owner = rooms.find(([room]) => file.startsWith(room))?.[1] ?? entry
      if (owner === entry) return undefined
      const path = relative(dirname(entry), owner)
      return { id: `${path.startsWith('.') ? path : `./${path}`}.js`, external: true }
    }
  }
}

async function emitDeclarations(): Promise<void> {
  for (const [entry, input] of Object.entries(entries)) {
    const bundle = await rolldown({
      input: { [entry]: input },
      external: /^(axios|msw|react|node:.*)$/,
      plugins: [
        importFromEntries(entry),
        dts({ emitDtsOnly: true, tsconfig: false, oxc: { stripInternal: true } })
      ]
    })
    await bundle.write({ dir: outDir })
  }
}

const config: Options = {
  entry: { ...entries, 'cli/index': 'src/cli/index.ts' },
  outDir,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  splitting: true,
  sourcemap: false,
  clean: true,
  dts: false,
  silent: true,
  removeNodeProtocol: false,
  async onSuccess() {
    await emitDeclarations()
    // The bundle of the mock contains parts of jose.
    await copyFile('node_modules/jose/LICENSE.md', join(outDir, 'mock/jose.LICENSE.md'))
  }
}

export default config
