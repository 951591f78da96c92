// Key colours: each signing key has one colour in all lanes, before and after a reload.
import { useMemo } from 'react'
import { useHistory } from '../history/history.ts'

const colours = 5

/** @returns a function from `kid` to a CSS class; unknown keys are grey */
export function useKeyColour(): (kid: string | undefined) => string {
  const keys = useHistory((history) => history.keys)
  return useMemo(() => {
    const classes = new Map(keys.map(({ kid, number }) => [kid, colourClass(number)]))
    return (kid) => classes.get(kid ?? '') ?? 'key-unknown'
  }, [keys])
}

export function colourClass(keyNumber: number): string {
  return `key-${((keyNumber - 1) % colours) + 1}`
}
