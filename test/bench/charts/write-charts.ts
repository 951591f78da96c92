// Chart files: writes one SVG for each part of a run that has a chart.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BarChart, drawBarChart } from './bar-chart.ts'

interface Charted {
  readonly name: string
  readonly chart?: BarChart
}

/** Returns the names of the files. */
export function writeCharts(
  folder: string,
  reports: readonly Charted[],
  versions: readonly string[]
): readonly string[] {
  mkdirSync(folder, { recursive: true })
  return reports.flatMap(({ name, chart }) => {
    if (chart === undefined) return []
    const file = join(folder, `${name}.svg`)
    writeFileSync(file, drawBarChart(chart, versions))
    return [file]
  })
}
