// The time from one reset to the next: work that began in one must write nothing in another.

/** Is it still the epoch in which the work began? */
export type IsCurrent = () => boolean

export interface ResetGeneration {
  /** Begins a piece of work. */
  begin(): IsCurrent
  /** Leaves all that has begun in the past. */
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
