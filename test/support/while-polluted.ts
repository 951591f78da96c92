// A polluted Object.prototype, for as long as something runs.

export async function whilePolluted<Result>(
  name: string,
  value: unknown,
  run: () => Result | Promise<Result>
): Promise<Result> {
  // Without a prototype itself: what is polluted may be a word of property descriptors.
  const property = Object.assign(Object.create(null), {
    value,
    configurable: true,
    enumerable: true,
    writable: true
  })
  Object.defineProperty(Object.prototype, name, property)
  try {
    return await run()
  } finally {
    Reflect.deleteProperty(Object.prototype, name)
  }
}
