// One bundle per entry point; what several entries need lands in a shared chunk.
// Declarations come from tsc afterwards (tsup's own `dts` needs a compiler API that TypeScript 7 lacks).
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'react/index': 'src/react/index.tsx',
    'mock/index': 'src/mock/index.ts',
    'mock/msw': 'src/mock/msw.ts',
    'mock/node': 'src/mock/node.ts',
    'cli/index': 'src/cli/index.ts'
  },
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: false
})
