// Contract functions: the error for a function that the mock cannot play.

/**
 * The error for a function in the place of data. It says what the mock needs instead.
 * @param name the field, such as `contract.refresh`
 * @param problem completes "the mock cannot"
 * @param example a value for the field
 */
export function functionRefused(name: string, problem: string, example: string): TypeError {
  const [, ...fields] = name.split('.')
  const remedy = fields.reduceRight((inner, field, depth) => {
    const outer = ['contract', ...fields.slice(0, depth)].join('.')
    return `{ ...${outer}, ${field}: ${inner} }`
  }, example)
  return new TypeError(
    `Option ${name}: expected data such as ${example}, because the mock cannot ${problem}; ` +
      `received a function. Describe it for the mock: createMockAuthServer({ contract: ${remedy} }).`
  )
}
