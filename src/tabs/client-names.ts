// Client names: two clients of one page with one name would act as one session.
import { invalid } from '../lib/option-errors.ts'

/** The namespaces of the clients of this page that have not been disposed of. */
const taken = new Set<string>()

/**
 * Returns a function that frees the name.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if another client of this page has it
 */
export function takeName(name: string, namespace: string): () => void {
  if (taken.has(namespace)) throw invalid('name', 'freeName', name)
  taken.add(namespace)
  return () => taken.delete(namespace)
}
