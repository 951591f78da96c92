import type { ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = { test: { environment: 'jsdom' } }

export default config
