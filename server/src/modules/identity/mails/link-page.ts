// The pages behind the links in mails: only a form, without script, so that it works in any browser.

export function renderVerifyPage(token: string): string {
  return renderPage("Confirm your e-mail address", [
    `<form method="post"><input type="hidden" name="token" value="${escapeHtml(token)}">`,
    '<label>Password of the account <input type="password" name="password" autocomplete="current-password"></label>',
    "<p>Without it, a new account is emptied: password, API keys, passkeys, authenticator app. A mail says how to go on.</p>",
    "<button>This address is mine</button></form>",
  ]);
}

export function renderUndoPage(token: string): string {
  return renderPage("Keep the old e-mail address", [
    `<form method="post"><input type="hidden" name="token" value="${escapeHtml(token)}">`,
    "<p>Everybody is signed out. Set a new password afterwards.</p>",
    "<button>Take the change back</button></form>",
  ]);
}

export function renderResetPage(token: string): string {
  return renderPage("Set a new password", [
    `<form method="post"><input type="hidden" name="token" value="${escapeHtml(token)}">`,
    '<label>New password <input type="password" name="new_password" autocomplete="new-password" minlength="8" required></label>',
    "<button>Set password</button></form>",
  ]);
}

function renderPage(title: string, body: readonly string[]): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:16px system-ui;margin:15vh auto;max-width:24rem;padding:0 1rem}
input[type=password]{display:block;width:100%;margin:.5rem 0 1rem;font:inherit}button{font:inherit}</style>
<h1>${title}</h1>${body.join("\n")}</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
