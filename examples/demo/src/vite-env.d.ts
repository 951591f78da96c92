// Types for Vite: the address of the API, and the connection of the dev server.
/// <reference types="vite/client" />

interface ImportMetaEnv {
  readonly VITE_API_URL: string
}
