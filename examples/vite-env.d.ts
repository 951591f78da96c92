// Types of Vite for the apps of the recipes.
/// <reference types="vite/client" />
