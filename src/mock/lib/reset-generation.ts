// Reset generation: counts the resets, so that work begun before a reset writes nothing after it.

/** Returns `true` until the server is reset. */
export type IsCurrent = () => boolean

export interface ResetGeneration {
  /** Begins a piece of work. */
  begin(): IsCurrent
  /** Makes all work begun so far stale. */
  end(): void
}

export function createResetGeneration(): ResetGeneration {
  let current = 0

  return {
    begin() {
      const mine = current
      return () => mine === current
    },
    end() {
      current += 1
    }
  }
}
