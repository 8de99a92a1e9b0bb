//! `show resolvers`: the figures of name servers (management guide, chapter 9.3).

use std::io::Write;

use engine::resolve::Figures;
use resolve::COUNTERS;

use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] =
    &[Command::new(&["show", "resolvers"], "show resolvers [id]", "show the counters of name servers", run)];

fn run(request: &mut Request<'_>) -> Answer {
    let sections = &request.process.shared.resolvers;
    let name = request.text(2);
    let mut out = Vec::new();
    if name.is_empty() {
        if sections.is_empty() {
            out.extend_from_slice(b"No resolvers found\n");
        }
        sections.iter().for_each(|section| push(section, &mut out));
        return Answer::Dump(out);
    }
    match sections.iter().find(|section| *section.name == *name) {
        Some(section) => push(section, &mut out),
        None => return Answer::error("Can't find that resolvers section\n"),
    }
    Answer::Dump(out)
}

fn push(section: &Figures, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = writeln!(out, "Resolvers section {}", section.name);
    for (name, counters) in section.nameservers() {
        let _ = writeln!(out, " nameserver {name}:");
        for row in &COUNTERS {
            let _ = writeln!(out, "  {:<12} {}", format!("{}:", row.shown), counters.get(row.counter));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    const SECTIONS: &str =
        "resolvers default\n  nameserver a 127.0.0.1:53\n  nameserver b 127.0.0.2:53\nresolvers none\n";

    #[test]
    fn sections_and_their_name_servers() {
        let lab = Lab::new(SECTIONS);
        let all = lab.ask("show resolvers");
        let figures = "  sent:        0\n  snd_error:   0\n  valid:       0\n  update:      0\n  cname:       0\n  \
                       cname_error: 0\n  any_err:     0\n  nx:          0\n  timeout:     0\n  refused:     0\n  \
                       other:       0\n  invalid:     0\n  too_big:     0\n  truncated:   0\n  outdated:    0\n";
        let of = |name: &str| format!(" nameserver {name}:\n{figures}");
        let first = format!("Resolvers section default\n{}{}", of("a"), of("b"));
        assert_eq!(all, format!("{first}Resolvers section none\n"));
        assert_eq!(lab.ask("show resolvers default"), first);
        assert_eq!(lab.ask("show resolvers r"), "Can't find that resolvers section\n");
    }

    #[test]
    fn statistics_of_their_own() {
        let lab = Lab::new(SECTIONS);
        let names = "# id,pid,sent,send_error,valid,update,cname,cname_error,any_err,nx,timeout,refused,other,invalid,too_big,\
                     truncated,outdated,\n";
        let line = |name| format!("{name},default{},\n", ",0".repeat(15));
        assert_eq!(lab.ask("show stat domain resolvers"), format!("{names}{}{}", line("a"), line("b")));
        let typed = lab.ask("show stat domain resolvers typed");
        assert!(
            typed.starts_with("N.0.id:CGPV:str:a\nN.1.pid:CGPV:str:default\nN.2.sent:MGPV:u64:0\n"),
            "{typed}"
        );
        let list: serde_json::Value =
            serde_json::from_str(&lab.ask("show stat domain resolvers json")).unwrap();
        assert_eq!(list[1][0]["value"]["value"], "b");
        assert_eq!(list[1][16]["field"]["name"], "outdated");
        assert_eq!(list[1][16]["tags"]["scope"], "Process");
    }
}
