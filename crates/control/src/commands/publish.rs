//! `publish backend`, `unpublish backend`: whether rules of other proxies lead to a backend.

use std::sync::atomic::Ordering;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["publish", "backend"],
        "publish backend <backend>",
        "let switching rules lead to a backend",
        |request| settle(set(request, true)),
    )
    .level(Level::Admin),
    Command::new(
        &["unpublish", "backend"],
        "unpublish backend <backend>",
        "let switching rules pass a backend over",
        |request| settle(set(request, false)),
    )
    .level(Level::Admin),
];

fn set(request: &Request<'_>, is_published: bool) -> Result<Answer, Answer> {
    let found = names::proxy(request.process, &request.text(2), Side::Backend);
    let proxy = found.ok_or_else(|| Answer::error("No such backend.\n"))?;
    if request.process.shared.config.proxy(proxy.id).is_disabled {
        return Err(Answer::error("No effect on a disabled backend.\n"));
    }
    proxy.is_unpublished.store(!is_published, Ordering::Relaxed);
    let word = if is_published { "published" } else { "unpublished" };
    Ok(Answer::info(format!("Backend {word}.\n")))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn a_backend_is_published_and_not() {
        let lab =
            Lab::new("frontend fe\n  bind :1\n  default_backend be\nbackend be\nbackend off\n  disabled\n");
        assert!(lab.ask("unpublish backend be").contains("Backend unpublished."));
        assert!(lab.ask("show stat").contains(" (UNPUB)"));
        assert!(lab.ask("publish backend be").contains("Backend published."));
        assert!(!lab.ask("show stat").contains(" (UNPUB)"));
        assert!(lab.ask("publish backend fe").contains("No such backend."));
        assert!(lab.ask("publish backend off").contains("No effect on a disabled backend."));
    }
}
