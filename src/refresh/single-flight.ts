// One piece of work for any number of callers.

/** Work under way: what its callers wait for, and when it is really over (which may be later than they are told). */
export interface Flight<T> {
  readonly answer: Promise<T>
  readonly landed: Promise<unknown>
}

export interface SingleFlight<Reason, T> {
  /** Joins the flight that is open, or starts one for this reason. */
  join(reason: Reason): Promise<T>
  isOpen(): boolean
  /** The open flight gets no further passengers; who joins next starts another. */
  forget(): void
}

export function createSingleFlight<Reason, T>(
  start: (reason: Reason) => Flight<T>,
  /** Called after a flight has landed, when it is no longer open. */
  onLanded: () => void
): SingleFlight<Reason, T> {
  let open: Flight<T> | undefined
  return {
    join(reason) {
      if (open !== undefined) return open.answer
      const flight = start(reason)
      open = flight
      // It clears only itself: after `forget()` another flight may be open by the time this one lands.
      const clear = () => {
        if (open === flight) open = undefined
        onLanded()
      }
      flight.landed.then(clear, clear)
      return flight.answer
    },
    isOpen: () => open !== undefined,
    forget() {
      open = undefined
    }
  }
}
