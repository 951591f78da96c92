import type { ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = { test: { environment: 'happy-dom' } }

export default config
