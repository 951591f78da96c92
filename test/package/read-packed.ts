// Output of `npm pack --json`: reads the one package in it.

export interface Packed {
  readonly filename: string
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

/** npm 11 prints an array, later versions an object with package names as keys. */
export function readPacked(stdout: string): Packed {
  const parsed: unknown = JSON.parse(stdout)
  return (Array.isArray(parsed) ? parsed : Object.values(Object(parsed)))[0]
}
