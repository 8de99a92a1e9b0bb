//! `show info`: the process in numbers.

use std::io::Write;

use crate::command::{Answer, Command, Request};
use crate::info::{self, Fraction};
use crate::typed::{Explained, FieldRow, Form, Value, push_brief, push_json_members, push_typed};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "info"],
    "show info [desc|json|typed|float]*",
    "show facts and figures of this process",
    run,
)];

fn run(request: &mut Request<'_>) -> Answer {
    let mut form = Form::Plain;
    let mut explained = Explained::No;
    let mut fraction = Fraction::Cut;
    for word in request.words.iter().skip(2) {
        match word.as_slice() {
            b"typed" => form = Form::Typed,
            b"json" => form = Form::Json,
            b"desc" => explained = Explained::Yes,
            b"float" => fraction = Fraction::Kept,
            _ => {}
        }
    }
    Answer::Dump(text(&info::fields(request.process, fraction), form, explained))
}

fn text(fields: &[(FieldRow, Value)], form: Form, explained: Explained) -> Vec<u8> {
    let mut out = Vec::new();
    match form {
        Form::Plain => {
            for (row, value) in fields {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "{}: ", row.name);
                value.write(&mut out);
                push_brief(row, explained, &mut out);
                out.push(b'\n');
            }
        }
        Form::Typed => {
            for (row, value) in fields {
                let _ = write!(out, "{}.{}", row.position, row.name);
                push_typed(row, value, explained, &mut out);
            }
        }
        Form::Json => {
            for (at, (row, value)) in fields.iter().enumerate() {
                out.extend_from_slice(if at == 0 { b"[{" } else { b",{" });
                push_json_members(row, value, &mut out);
                out.push(b'}');
            }
            out.extend_from_slice(b"]\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn plain() {
        let text = Lab::new("").ask("show info");
        assert!(
            text.starts_with("Name: HAProxy\nVersion: 3.5-test\nRelease_date: 2026/01/02\nNbthread: 2\n"),
            "{text}"
        );
        for line in
            ["Pid: 77", "Maxconn: 100", "Hard_maxconn: 200", "Ulimit-n: 1000", "node: host", "CurrConns: 0"]
        {
            assert!(text.contains(&format!("\n{line}\n")), "{line} in\n{text}");
        }
        assert!(
            text.contains("\nSslFrontendSessionReuse_pct: 0\n") && text.ends_with("\nNbThreadGroups: 1\n")
        );
        assert!(!text.contains("description"));
    }

    #[test]
    fn typed_with_explanations() {
        let text = Lab::new("global\n  description a machine\n").ask("show info typed desc");
        assert!(text.starts_with("0.Name.1:POSV:str:HAProxy:\""), "{text}");
        assert!(text.contains("\n51.description.1:COSV:str:a machine:\""), "{text}");
        assert!(text.contains("\n61.TotalBytesOut.1:MGPV:u64:0:\""), "{text}");
    }

    #[test]
    fn json() {
        let text = Lab::new("").ask("show info json");
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list[0]["value"]["value"], "HAProxy");
        assert_eq!(list[3]["field"]["name"], "Nbthread");
        assert_eq!(list[3]["tags"]["scope"], "Service");
    }

    #[test]
    fn fractions() {
        let lab = Lab::new("");
        let kind = |text: String| text.lines().find(|l| l.starts_with("26.")).unwrap().to_owned();
        assert_eq!(kind(lab.ask("show info typed")), "26.ConnRate.1:MRPV:u32:0");
        assert_eq!(kind(lab.ask("show info typed float")), "26.ConnRate.1:MRPV:flt:0");
    }

    #[test]
    fn tls_in_numbers() {
        use state::ssl_counters::Handshake;
        let lab = Lab::new("");
        let ssl = &lab.process.shared.runtime.ssl;
        // One second that does not end while the test runs is not to be had: what matters is the share.
        ssl.frontend_handshake(Handshake::Full, base::clock::now());
        ssl.endpoint_began();
        let text = lab.ask("show info");
        assert!(text.contains("\nCurrSslConns: 1\nCumSslConns: 1\n"), "{text}");
    }
}
