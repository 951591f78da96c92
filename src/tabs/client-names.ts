// Client names: two clients of one page with one name would act as one session.
import { invalid } from '../lib/option-errors.ts'
import type { Platform } from '../lib/platform.ts'

/** The namespaces of the clients of this page that have not been disposed of. */
const taken = new Set<string>()

/**
 * Returns a function that frees the name. Only clients that use the storage of the page can meet.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if another client of the page has the name
 */
export function takeName(
  { name, platform }: { readonly name: string; readonly platform: Pick<Platform, 'storage'> },
  page: Pick<Platform, 'storage' | 'pageUrl'>,
  namespace: string
): () => void {
  if (page.pageUrl() === undefined || platform.storage !== page.storage) return () => {}
  if (taken.has(namespace)) throw invalid('name', 'freeName', name)
  taken.add(namespace)
  return () => taken.delete(namespace)
}
