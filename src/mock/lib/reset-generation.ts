// The time from one reset to the next: work that began in one must write nothing in another.

/** Is it still the epoch in which the work began? */
export type IsCurrent = () => boolean

export interface Epoch {
  /** Begins a piece of work. */
  begin(): IsCurrent
  /** Leaves all that has begun in the past. */
  end(): void
}

export function createEpoch(): Epoch {
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
