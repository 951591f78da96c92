// What Vite tells the apps of the recipes.
/// <reference types="vite/client" />
