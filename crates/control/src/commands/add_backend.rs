//! `add backend`, `show defaults`: backends that come while the process runs, and what they can begin as.

use config::dynamic_backend::Wanted;
use engine::added::refuses_servers;
use engine::added_backend::add_backend;
use state::proxy::Mode;

use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["add", "backend"],
        "add backend <name> from <defaults> [mode <mode>] [guid <guid>]",
        "make a backend, which is not published yet, of a defaults section",
        |request| settle(add(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "defaults"],
        "show defaults",
        "list the defaults sections that backends can be made of",
        show,
    ),
];

fn add(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = request.text(2);
    if name.is_empty() {
        return Err(Answer::error("Require backend name.\n"));
    }
    let is_good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if let Some(bad) = name.chars().find(|c| !is_good(c)) {
        return Err(Answer::error(format!("Invalid character '{bad}' in backend name.\n")));
    }
    if request.word(3) != b"from" || request.word(4).is_empty() {
        return Err(Answer::error("Usage: add backend <name> from <defproxy>.\n"));
    }
    let (mode, guid) = options(request)?;
    let wanted = Wanted { name: name.as_bytes(), from: request.word(4), mode };
    let shared = &request.process.shared;
    let mut told =
        add_backend(shared, &wanted, guid.as_deref()).map_err(|error| Answer::error(format!("{error}\n")))?;
    let made = names::proxy(request.process, &name, Side::Backend);
    let refused = made.and_then(|proxy| refuses_servers(shared, proxy));
    told.push(match refused {
        Some(why) => format!("New backend registered (no support for dynamic servers: {why})."),
        None => "New backend registered.".to_owned(),
    });
    Ok(Answer::info(told.join("\n") + "\n"))
}

/// What stands behind the section's name, each word once.
fn options(request: &Request<'_>) -> Result<(Option<Mode>, Option<String>), Answer> {
    let (mut mode, mut guid) = (None, None);
    let mut at = 5;
    while !request.word(at).is_empty() {
        match (request.word(at), request.word(at + 1)) {
            (b"mode", word) if !word.is_empty() && mode.is_none() => mode = Some(mode_of(word)?),
            (b"guid", word) if !word.is_empty() && guid.is_none() => {
                guid = Some(request.text(at + 1).into_owned());
            }
            _ => {
                let text = "Usage: add backend <name> from <defproxy> [mode <px_mode>] [guid <val>].\n";
                return Err(Answer::error(text));
            }
        }
        at += 2;
    }
    Ok((mode, guid))
}

fn mode_of(word: &[u8]) -> Result<Mode, Answer> {
    match word {
        b"tcp" => Ok(Mode::Tcp),
        b"http" => Ok(Mode::Http),
        b"log" | b"spop" => {
            Err(Answer::error("Dynamic backends are compatible with only TCP or HTTP mode.\n"))
        }
        _ => Err(Answer::error("Unknown proxy mode.\n")),
    }
}

fn show(request: &mut Request<'_>) -> Answer {
    let mut out = Vec::new();
    for name in request.process.shared.config.named_defaults.names() {
        out.extend_from_slice(name);
        out.push(b'\n');
    }
    Answer::Dump(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    const REGISTERED: &str = "New backend registered.\n";

    fn lab() -> Lab {
        Lab::new(
            "defaults\n  mode tcp\ndefaults def\n  timeout server 5s\n\
             defaults web\n  mode http\n  default-server weight 9\n  timeout server 5s\n\
             defaults fixed\n  mode tcp\n  balance static-rr\n\
             frontend fe\n  bind :1\nbackend old from web\n  guid old:1\n  server s 127.0.0.1:1 guid srv:1\n",
        )
    }

    #[test]
    fn a_backend_comes_gets_servers_and_goes() {
        let lab = lab();
        assert_eq!(lab.ask("show defaults"), "def\nweb\nfixed\n");
        assert_eq!(lab.ask("add backend new from web guid new:1"), REGISTERED);
        assert_eq!(lab.ask("show backend"), "# name\nold\nnew\n");
        assert!(
            lab.ask("show stat")
                .lines()
                .any(|line| line.starts_with("new,BACKEND,") && line.contains(" (UNPUB),"))
        );
        assert_eq!(lab.ask("show default-server new"), "* new\n");
        let added = lab.ask("add server new/s1 127.0.0.1:3 from be: check");
        assert_eq!(added, "New server registered.\n");
        assert_eq!(lab.ask("get weight new/s1"), "9 (initial 9)\n");
        assert!(lab.ask("show servers state new").contains("\n4 new 1 s1 127.0.0.1 "));
        assert_eq!(lab.ask("publish backend new"), "Backend published.\n");
        assert_eq!(
            lab.ask("unpublish backend new;del backend new"),
            "Backend unpublished.\n\nOnly a backend without server can be deleted.\n"
        );
        assert_eq!(lab.ask("del server new/s1;del backend new"), "Server deleted.\n\nBackend deleted.\n");
        assert_eq!(
            lab.ask("add backend new from def mode tcp guid new:1"),
            REGISTERED,
            "name and guid are free"
        );
        assert!(lab.ask("show stat").contains("\nnew,BACKEND,"));
        assert_eq!(
            lab.ask("add server new/s1 127.0.0.1:3"),
            "New server registered.\n",
            "the new one is meant"
        );
        let counted: Vec<_> = (0..20).map(|at| lab.ask(&format!("add backend b{at} from web"))).collect();
        assert!(counted.iter().all(|answer| answer == REGISTERED), "{counted:?}");
        assert!(
            lab.ask("show servers conn b19").starts_with("#") && lab.ask("show backend").ends_with("\nb19\n")
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        let lab = lab();
        let created = |text: &str| format!("Error during backend creation : {text}.\n");
        for (command, answer) in [
            ("add backend", "Require backend name.\n".to_owned()),
            ("add backend a/b from web", "Invalid character '/' in backend name.\n".to_owned()),
            ("add backend be form web", "Usage: add backend <name> from <defproxy>.\n".to_owned()),
            ("add backend be from none", "Cannot find default proxy 'none'.\n".to_owned()),
            ("add backend be from web mode x", "Unknown proxy mode.\n".to_owned()),
            (
                "add backend be from web mode log",
                "Dynamic backends are compatible with only TCP or HTTP mode.\n".to_owned(),
            ),
            (
                "add backend be from web guid",
                "Usage: add backend <name> from <defproxy> [mode <px_mode>] [guid <val>].\n".to_owned(),
            ),
            ("add backend fe from web", created("name is already used by other proxy 'frontend fe'")),
            ("add backend web from web", created("name is already used by other proxy 'defaults web'")),
            (
                "add backend be from web guid old:1",
                created("GUID insertion : duplicate entry with backend old"),
            ),
            (
                "add backend be from web guid srv:1",
                created("GUID insertion : duplicate entry with server old/s"),
            ),
            (
                "add backend be from fixed",
                "New backend registered (no support for dynamic servers: backend 'be' uses a non dynamic load \
                 balancing method).\n"
                    .to_owned(),
            ),
        ] {
            assert_eq!(lab.ask(command), answer, "{command}");
        }
    }
}
