// Presets: contracts of known backends, as plain data. An app contains only the ones it imports.

export { deviseJwt, deviseTokenAuth } from './contract/presets/devise.ts'
export { directusCookie, directusJson } from './contract/presets/directus.ts'
export { djangoSimpleJwt } from './contract/presets/django-simplejwt.ts'
export { expressCookie, expressKeyRotation } from './contract/presets/express.ts'
export { fastApiTutorial } from './contract/presets/fastapi.ts'
export { flaskJwtExtended } from './contract/presets/flask-jwt-extended.ts'
export { laravelSanctum } from './contract/presets/laravel-sanctum.ts'
export { nestJsGuide, nestJsRefreshTokens } from './contract/presets/nestjs.ts'
export {
  type OAuth2PublicClientContract,
  type OAuth2PublicClientOptions,
  oauth2PublicClient
} from './contract/presets/oauth2.ts'
export type { Preset } from './contract/presets/preset.ts'
export { strapi } from './contract/presets/strapi.ts'
