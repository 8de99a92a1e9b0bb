//! `get var`: a variable of the process.

use state::value::Type;
use state::vars::lookup;

use crate::access::Level;
use crate::command::{Answer, Command, Request};
use crate::names::type_name;

pub(super) static ROWS: &[Command] =
    &[Command::new(&["get", "var"], "get var <name>", "show a variable of the process", run)
        .level(Level::Operator)];

fn run(request: &mut Request<'_>) -> Answer {
    let name = request.word(2);
    if name.is_empty() {
        return Answer::error("Missing process-wide variable identifier.\n");
    }
    let vars = request.process.shared.runtime.vars.read();
    // Names that nobody ever used are not to be remembered for the asking.
    let id = name.strip_prefix(b"proc.").and_then(lookup);
    let Some(value) = id.and_then(|id| vars.get(id)) else {
        return Answer::error("Variable not found.\n");
    };
    let kind = value.type_of();
    let mut out = name.to_vec();
    out.extend_from_slice(format!(": type={} value=", type_name(kind)).as_bytes());
    if kind == Type::Any {
        out.extend_from_slice(b"(undisplayable)\n");
    } else {
        let text = value.text();
        out.push(b'<');
        out.extend(text.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte } else { b'.' }));
        out.extend_from_slice(b">\n");
    }
    Answer::info(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn variables_of_the_process() {
        let lab = Lab::new("global\n  set-var proc.n int(12)\n  set-var proc.s str(hello)\n");
        assert_eq!(lab.ask("get var proc.n"), "proc.n: type=sint value=<12>\n");
        assert_eq!(lab.ask("get var proc.s"), "proc.s: type=str value=<hello>\n");
        assert_eq!(lab.ask("get var proc.none"), "Variable not found.\n");
        assert_eq!(lab.ask("get var txn.n"), "Variable not found.\n");
        assert_eq!(lab.ask("get var"), "Missing process-wide variable identifier.\n");
    }
}
