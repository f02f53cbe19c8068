// The WebAuthn library, loaded at the first passkey: it costs a fifth of a second, which a start should not wait for.
export const loadWebAuthn = () => import("@simplewebauthn/server");
