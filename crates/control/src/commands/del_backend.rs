//! `del backend`: the end of a backend that nothing leads to any more.

use engine::added::{self, Kept};

use crate::access::Level;
use crate::command::{Answer, Command, Request, Verdict, settle};
use crate::names::{self, Side};
use crate::process::Process;

pub(super) static ROWS: &[Command] = &[Command::new(
    &["del", "backend"],
    "del backend <backend>",
    "remove a backend that is not published and has no servers",
    |request| settle(run(request)),
)
.level(Level::Admin)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    if !request.word(3).is_empty() {
        return Err(Answer::error("Usage: del backend <name>.\n"));
    }
    let found = names::proxy(request.process, &request.text(2), Side::Backend);
    let proxy = found.ok_or_else(|| Answer::error("No such backend.\n"))?;
    match added::remove_backend(&request.process.shared, proxy) {
        Ok(()) => Ok(Answer::info("Backend deleted.\n")),
        Err(kept) => Err(Answer::error(format!("{kept}\n"))),
    }
}

/// Whether a backend can be removed, for `wait`.
pub(super) fn removable(process: &Process, name: &str) -> Verdict {
    let Some(proxy) = names::proxy(process, name, Side::Backend) else {
        return Verdict::Never("No such backend.");
    };
    match added::backend_kept(&process.shared, proxy) {
        None => Verdict::Met,
        Some(kept @ Kept::Busy) => Verdict::NotYet(kept.text()),
        Some(kept) => Verdict::Never(kept.text()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn a_backend_goes_when_nothing_leads_to_it() {
        let lab = Lab::new(
            "frontend f\n  use_backend named\nlisten l\nbackend named\nbackend be\n  server s1 127.0.0.1:1 disabled\n\
             backend table\n  stick-table type ip size 10\n",
        );
        for (command, answer) in [
            ("del backend z", "No such backend.\n"),
            ("del backend l", "Cannot delete a listen section.\n"),
            ("del backend table", "Cannot remove a backend with stick-table.\n"),
            (
                "del backend named",
                "This proxy cannot be removed at runtime due to other configuration elements pointing to it.\n",
            ),
            ("del backend be", "Backend must be unpublished prior to its deletion.\n"),
            ("wait 5 be-removable be", "Failed. Backend must be unpublished prior to its deletion.\n"),
            ("unpublish backend be", "Backend unpublished.\n"),
            ("del backend be", "Only a backend without server can be deleted.\n"),
            ("del server be/s1", "Server deleted.\n"),
            ("wait 5 be-removable be", "Done.\n"),
            ("del backend be", "Backend deleted.\n"),
            ("del backend be", "No such backend.\n"),
            ("publish backend be", "No such backend.\n"),
        ] {
            assert_eq!(lab.ask(command), answer, "{command}");
        }
        assert!(!lab.ask("show stat").contains("\nbe,") && !lab.ask("show backend").contains("be\n"));
    }
}
