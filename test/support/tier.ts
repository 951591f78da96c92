// Test tier: how much of each table and of each random search a run covers.
//
//   npm test             each row on one transport, random searches over a short distance
//   npm run test:matrix  each row on each transport, random searches over their full distance
//   npm run test:long    campaigns that take hours

export type Tier = 'test' | 'matrix' | 'long'

/** The only place that reads the environment variable, besides the scripts that set it. */
export const tier: Tier = readTier(process.env.TIER)

function readTier(value: string | undefined): Tier {
  if (value === undefined || value === '') return 'test'
  if (value === 'test' || value === 'matrix' || value === 'long') return value
  throw new Error(`Environment variable TIER: expected test, matrix or long; received ${value}.`)
}

/** How many rounds a loop makes, or how large an input is. Campaigns default to the matrix. */
export function sample(sizes: {
  readonly test: number
  readonly matrix: number
  readonly long?: number
}): number {
  return sizes[tier] ?? sizes.matrix
}

export type Pair<Row, Transport> = Row & { readonly transport: Transport }

/**
 * Pairs the rows of a table with the transports that carry them. The matrix has every pair.
 * `npm test` deals the rows out: within each class, row `i` runs on transport `i mod n`, so every
 * transport still meets every class.
 *
 * @param classOf - returns the distinction that the code under test makes; by default, all rows
 * are one class
 */
export function pairs<Row extends object, Transport>(
  rows: readonly Row[],
  transports: readonly Transport[],
  classOf: (row: Row) => unknown = () => 'all',
  isDealt: boolean = tier === 'test'
): Pair<Row, Transport>[] {
  if (!isDealt) {
    return transports.flatMap((transport) => rows.map((row) => ({ ...row, transport })))
  }
  const classes = new Map<unknown, Row[]>()
  for (const row of rows) {
    const group = classes.get(classOf(row)) ?? []
    classes.set(classOf(row), [...group, row])
  }
  return [...classes.values()].flatMap((group) =>
    Array.from({ length: Math.max(group.length, transports.length) }, (_, index) => ({
      ...(group[index % group.length] as Row),
      transport: transports[index % transports.length] as Transport
    }))
  )
}
