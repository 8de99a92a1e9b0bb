//! `add|del|show ssl jwt`: certificates that tokens may be checked with.

use tls::files::TokenUse;

use super::{push_line, store};
use crate::access::Level;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["add", "ssl", "jwt"],
        "add ssl jwt <certfile>",
        "let tokens be checked with a certificate",
        |request| change(request, TokenUse::Allowed),
    )
    .level(Level::Admin),
    Command::new(
        &["del", "ssl", "jwt"],
        "del ssl jwt <certfile>",
        "let tokens be checked with a certificate no longer",
        |request| change(request, TokenUse::Refused),
    )
    .level(Level::Admin),
    Command::new(&["show", "ssl", "jwt"], "show ssl jwt", "list the certificates that check tokens", show)
        .level(Level::Operator),
];

fn change(request: &Request<'_>, to: TokenUse) -> Answer {
    let name = request.text(3);
    if name.is_empty() {
        return Answer::error(format!("'{} ssl jwt' expects a filename\n", request.text(0)));
    }
    match store(request).set_for_tokens(&name, to) {
        true => Answer::Done,
        false => Answer::error("Can't display the certificate: Not found or the certificate is a bundle!\n"),
    }
}

fn show(request: &mut Request<'_>) -> Answer {
    let mut out = "# filename\n".to_owned();
    store(request).for_tokens().iter().for_each(|name| push_line(&mut out, name));
    Answer::Dump(out.into_bytes())
}
