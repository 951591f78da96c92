// Report: medians and quartiles, and the tables in which the benchmark prints them.

import type { BarChart } from './charts/bar-chart.ts'

/** Numbers by name, such as `size: everbearer, gzip`. */
export type Figures = Readonly<Record<string, number>>

export interface Section {
  readonly title: string
  /** The first row is the head. */
  readonly rows: readonly (readonly string[])[]
  /** Lines below the table. */
  readonly notes?: readonly string[]
}

export interface Report {
  readonly sections: readonly Section[]
  /** The figures that have a budget, or that a reader compares over time. */
  readonly figures: Figures
  readonly chart?: BarChart
  /** Why the part did not run. Its budgets are then not checked. */
  readonly skipped?: string
}

/** The settings of a run. */
export interface Settings {
  /** The number of rounds of a time measurement. */
  readonly rounds: number
  /** The number of processes of a time measurement. */
  readonly processes: number
  /** The largest storm. */
  readonly most: number
  /** The number of simulated clients. */
  readonly clients: number
  /** Whether to measure only the figures that have a budget. */
  readonly isCheck: boolean
  /** Shows what is being measured. */
  readonly progress: (text: string) => void
}

export interface Part {
  readonly name: string
  readonly about: string
  run(settings: Settings): Promise<Report>
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The median and the quartiles, such as `1.13 (1.11-1.15)`. */
export function spread(values: readonly number[], digits = 2): string {
  if (values.length === 0) return '–'
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
    quantile(values, share).toFixed(digits)
  )
  return `${middle} (${low}-${high})`
}

export function format({ title, rows, notes = [] }: Section): string {
  const columns = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  )
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(columns?.[0] ?? 0) : cell.padStart(columns?.[column] ?? 0)
    )
    return `  ${cells.join('   ')}`.trimEnd()
  })
  return [title, ...lines, ...notes.map((note) => `  ${note}`), ''].join('\n')
}
