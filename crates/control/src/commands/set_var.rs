//! `set var`: a variable of the process gets a value.

use config::Form;
use state::VarRef;
use state::var_limits::VarBytes;
use state::vars::Scope;

use crate::access::{Level, Mode};
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["set", "var"],
    "set var <name> [fmt|expr] {<fmt>|<expr>}",
    "set a variable of the process to the value of an expression or a format",
    |request| settle(run(request)),
)
.level(Level::Operator)
.mode(Mode::Experimental)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = request.text(2);
    if name.is_empty() {
        return Err(Answer::error("Missing process-wide variable identifier.\n"));
    }
    if request.word(3).is_empty() {
        return Err(Answer::error("Missing either 'expr', 'fmt' or expression.\n"));
    }
    let (form, text) = match (request.word(3), request.word(4)) {
        (text, b"") => (Form::Expression, text),
        (b"expr", text) => (Form::Expression, text),
        (b"fmt", text) => (Form::Format, text),
        (other, _) => {
            let other = base::Lossy(other);
            let text = format!("'set var': arg type must be either 'expr' or 'fmt' but got '{other}'.\n");
            return Err(Answer::error(text));
        }
    };
    let var = VarRef::parse(name.as_bytes()).map_err(|error| Answer::error(format!("{error}\n")))?;
    if var.scope != Scope::Proc {
        let text = format!("'set var': cannot set variable '{name}', only scope 'proc' is permitted here.\n");
        return Err(Answer::error(text));
    }
    let runtime = &request.process.shared.runtime;
    let value = config::evaluate(runtime, text, form).map_err(|text| Answer::error(format!("{text}\n")))?;
    let mut vars = runtime.vars.write();
    let Some(value) = value else {
        vars.unset(var.id);
        return Ok(Answer::Done);
    };
    // What has no room is left as it is, in silence, as when rules set it.
    let (limits, old) = (&runtime.var_limits, vars.get(var.id));
    if let Some(value) = limits.fitting(var.scope, VarBytes::default(), old, value) {
        vars.set(var.id, value);
    }
    Ok(Answer::Done)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    fn set(lab: &Lab, command: &str) -> String {
        lab.ask(&format!("experimental-mode on -;{command}"))
    }

    #[test]
    fn expressions_and_formats() {
        let lab = Lab::new("backend b\n  server s 127.0.0.1:80\n");
        assert_eq!(
            set(&lab, "set var proc.n int(4),add(3);get var proc.n"),
            "\nproc.n: type=sint value=<7>\n"
        );
        assert_eq!(
            set(&lab, "set var proc.s expr str(hi);get var proc.s"),
            "\nproc.s: type=str value=<hi>\n"
        );
        assert_eq!(
            set(&lab, "set var proc.s fmt %[var(proc.s)]-%[nbsrv(b)];get var proc.s"),
            "\nproc.s: type=str value=<hi-1>\n"
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        let lab = Lab::new("backend b\n");
        assert_eq!(
            lab.ask("set var proc.n int(1)"),
            "This command is restricted to experimental mode only.\n"
        );
        assert_eq!(
            set(&lab, "set var txn.n int(1)"),
            "'set var': cannot set variable 'txn.n', only scope 'proc' is permitted here.\n"
        );
        assert!(set(&lab, "set var proc.n foo(1)").contains("foo"));
        assert_eq!(set(&lab, "set var proc.n"), "Missing either 'expr', 'fmt' or expression.\n");
        assert!(set(&lab, "set var proc.n src").len() > 3);
    }
}
