// The WebAuthn library, loaded when the first passkey is used: loading takes a fifth of a second, too long for a start.
export const loadWebAuthn = () => import("@simplewebauthn/server");
