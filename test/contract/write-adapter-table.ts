// `npm run docs:adapters`: writes docs/mock-adapters.md.
import { writeFileSync } from 'node:fs'
import { renderTable, tablePath } from './adapter-table.ts'

writeFileSync(tablePath, renderTable())
