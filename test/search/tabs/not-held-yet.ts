// Known violations: invariants that are not held yet. An entry goes when its cause is mended.
const known: readonly RegExp[] = [
  /^I1: tab \d repeats the refresh/,
  /^I1: tab \d refreshes while/,
  /^I1: overlapping refreshes have different/,
  /^I2: tab \d sent a token that it knew to be refused/,
  /^I3: a token was sent that the server has not issued/,
  /^I10: tab \d refreshes/,
  /^I10: \d+ refreshes in a minute/,
  /^I11: /,
  /^I12: /,
  /^I13: /,
  /^I14: /,
  /^I15: /
]

export function isNotHeldYet(violation: string): boolean {
  return process.env.STRICT === undefined && known.some((pattern) => pattern.test(violation))
}
