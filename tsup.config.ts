// Build: one bundle per entry, with shared chunks for common code. tsc emits the declarations
// afterwards, because tsup's `dts` needs a compiler API that TypeScript 7 does not have.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from 'tsup'

const outDir = 'dist'

function emitDeclarations(): void {
  execFileSync(join('node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
    shell: process.platform === 'win32'
  })
  // tsc keeps imports of `./options.ts` in declarations. Some compilers do not resolve them to
  // `client.d.ts`.
  for (const file of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue
    const text = readFileSync(join(outDir, file), 'utf8')
    writeFileSync(join(outDir, file), text.replace(/(from '\.[^']*)\.tsx?'/g, "$1.js'"))
  }
}

const config: Options = {
  entry: {
    index: 'src/index.ts',
    contracts: 'src/contracts.ts',
    'react/index': 'src/react/index.tsx',
    'mock/index': 'src/mock/index.ts',
    'mock/msw': 'src/mock/msw.ts',
    'mock/node': 'src/mock/node.ts',
    'cli/index': 'src/cli/index.ts'
  },
  outDir,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: false,
  silent: true,
  removeNodeProtocol: false,
  onSuccess: async () => emitDeclarations()
}

export default config
