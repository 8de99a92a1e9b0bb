//! `show startup-logs`: what was told at the start.

use crate::command::{Answer, Command};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "startup-logs"],
    "show startup-logs",
    "what was told while the process started",
    |request| Answer::Dump(request.process.startup_logs()),
)];

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_was_told_is_shown() {
        let lab = Lab::new("");
        assert_eq!(lab.ask("show startup-logs"), "");
        lab.process.keep_startup_logs(b"[NOTICE]   (1) : all is well\n".to_vec());
        assert_eq!(lab.ask("show startup-logs"), "[NOTICE]   (1) : all is well\n");
    }
}
