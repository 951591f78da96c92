// Writes docs/mock-doors.md.
import { writeFileSync } from 'node:fs'
import { renderTable, tablePath } from './table.ts'

writeFileSync(tablePath, renderTable())
