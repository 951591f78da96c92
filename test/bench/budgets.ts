// Budgets: the most that each stable figure may be. `npm run bench -- --check` compares them.
//
// A size, a number of bytes or a ratio may be 5 % above the figure that was last measured. A count
// may not grow. The comments name the goals that are not reached yet.
import type { Figures } from './report.ts'

const budgets: Figures = {
  // Goal: at most 14,000, and 12,000 if possible.
  'size: everbearer, gzip': 42_000,
  // Goal: at most 1,000,000 beside axios.
  'size: everbearer, installed': 760_000,
  'size: everbearer/contracts, gzip': 1_310,
  'size: everbearer/react, gzip': 385,
  'size: everbearer/mock, gzip': 48_600,
  'size: everbearer/mock/msw, gzip': 2_600,
  'size: everbearer/mock/node, gzip': 5_980,

  // Goal: at most 1,000 bytes more than bare axios, with both adapters.
  'allocation: extra bytes, synthetic': 7_350,
  'allocation: extra bytes, xhr': 7_700,

  // Goal: at most 1.10. Two runs on a busy machine measured 1.68 and 1.74.
  'instructions: x bare': 1.83,

  // Goals: one refresh, and each request settles.
  'stragglers: refreshes': 1,
  'stragglers: lost': 0,
  'stragglers: refreshes that fail': 1,
  'stragglers: unsettled': 0,

  // Goals: 1 with a valid token, 2 with one past its `exp`, 1 with a head start or another tab.
  'round trips: valid': 1,
  'round trips: wake': 2,
  'round trips: wake, head start': 1,
  'round trips: revoked': 3,
  'round trips: page load': 2,
  'round trips: page load, head start': 1,
  'round trips: new tab': 1,

  // A client may plan its next refresh within the 30 s of the rotation. The ratios are those of a
  // fleet of 100,000 clients.
  'fleet spike: peak x steady': 1.42,
  'fleet rotation: refreshes of a client': 2,
  'fleet rotation: peak x steady': 29.5,
  'fleet rotation: next peak x steady': 1.48,
  'fleet outage, 503: load x steady': 10.5,
  'fleet outage, 503: peak x steady': 18.3,
  'fleet outage, 503: peak after x steady': 17.7,
  'fleet outage, 503: next peak x steady': 2.15,
  'fleet outage, Retry-After: 120: load x steady': 3.15,
  'fleet outage, Retry-After: 120: peak x steady': 5.92,
  'fleet outage, Retry-After: 120: peak after x steady': 7.4,
  'fleet outage, Retry-After: 120: next peak x steady': 2.18,

  // Goals: one refresh, all requests succeed, N + 1 and 2N + 1 requests on the wire.
  'storm expired: refreshes': 1,
  'storm expired: lost': 0,
  'storm expired: sent / N': 1,
  'storm revoked: refreshes': 1,
  'storm revoked: lost': 0,
  'storm revoked: sent / N': 2,
  // Goal: at most 3,300.
  'storm expired: heap kept, bytes': 7_720,
  // Goal: at most 4,000.
  'storm revoked: heap kept, bytes': 13_560
}

/** A storm of any size has the same budget. */
function budgetName(figure: string): string {
  return figure.replace(/, \d+ requests$/, '')
}

/**
 * One line for each budget that does not hold. `measured` names the parts that ran: each of their
 * budgets needs a figure.
 */
export function missedBudgets(figures: Figures, measured: readonly string[]): readonly string[] {
  const over = Object.entries(figures).flatMap(([name, figure]) => {
    const most = budgets[budgetName(name)]
    // A figure that could not be measured is not a number, and misses its budget.
    if (most === undefined || figure <= most) return []
    return [`over budget: ${name} is ${show(figure)}, at most ${show(most)}`]
  })
  const found = new Set(Object.keys(figures).map(budgetName))
  const prefixes = measured.map((part) => part.replaceAll('-', ' '))
  const missing = Object.keys(budgets)
    .filter((name) => !found.has(name) && prefixes.some((prefix) => name.startsWith(prefix)))
    .map((name) => `not measured: ${name}`)
  return [...over, ...missing]
}

function show(figure: number): string {
  return Number.isInteger(figure) ? String(figure) : figure.toFixed(3)
}
