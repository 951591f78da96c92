// Time scale: maps seconds to pixels for any width of the window.
import { type CSSProperties, type RefObject, useLayoutEffect, useState } from 'react'
import { loadedAtMs } from '../history/history.ts'

export interface Scale {
  readonly pxPerSecond: number
  /** The position of the present, in pixels from the left. */
  readonly nowPx: number
}

const pastSeconds = 75
/** A little more than the lifetime of a token, so the expiry of a new token is visible. */
const futureSeconds = 33
/** Below this, labels do not fit. A narrow window shows less of the past instead. */
const leastPxPerSecond = 7
const greatestFutureShare = 0.42

function scaleFor(widthPx: number): Scale {
  const pxPerSecond = Math.max(leastPxPerSecond, widthPx / (pastSeconds + futureSeconds))
  const futurePx = Math.min(futureSeconds * pxPerSecond, widthPx * greatestFutureShare)
  return { pxPerSecond, nowPx: widthPx - futurePx }
}

/** The scale for the width of an element; updated when the element is resized. */
export function useScale(element: RefObject<HTMLElement | null>): Scale {
  const [scale, setScale] = useState(() => scaleFor(1000))
  useLayoutEffect(() => {
    const { current } = element
    if (current === null) return
    const measure = () => setScale(scaleFor(current.clientWidth))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    return () => observer.disconnect()
  }, [element])
  return scale
}

export type Style = CSSProperties & Readonly<Record<`--${string}`, string | number>>

/** Seconds since the page loaded: the coordinate on the tape, small enough for exact pixels. */
export function tapeSeconds(atMs: number): number {
  return (atMs - loadedAtMs) / 1000
}

/** The style that positions an element on the tape. */
export function at(atMs: number): Style {
  return { '--at': tapeSeconds(atMs) }
}
