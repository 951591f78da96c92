// Entry of the built app. It does not know about the mock.
import { createAuthClient } from 'everbearer'
import { type Credentials, mountApp } from '../testing-app/app.ts'

const root = document.querySelector<HTMLElement>('#app')
const baseURL = import.meta.env.VITE_API_URL
if (root !== null) mountApp(root, createAuthClient<Credentials>({ baseURL }))
