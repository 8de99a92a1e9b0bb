//! `show env`: the environment, as the configuration left it.

use crate::access::Level;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "env"],
    "show env [var]",
    "show all environment variables, or one of them",
    run,
)
.level(Level::Operator)];

fn run(request: &mut Request<'_>) -> Answer {
    let wanted = request.word(2);
    let mut out = Vec::new();
    for (name, value) in &request.process.about.environment {
        if wanted.is_empty() || wanted == name.as_slice() {
            out.extend_from_slice(name);
            out.push(b'=');
            out.extend_from_slice(value);
            out.push(b'\n');
        }
    }
    if out.is_empty() && !wanted.is_empty() {
        Answer::error("Variable not found\n")
    } else {
        Answer::Dump(out)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn variables() {
        let lab = Lab::new("");
        assert_eq!(lab.ask("show env"), "HOME=/root\nX=a b\n");
        assert_eq!(lab.ask("show env X"), "X=a b\n");
        assert_eq!(lab.ask("show env HO"), "Variable not found\n");
    }
}
