//! `show default-server`: what servers that come later may begin with.

use std::sync::Arc;

use state::Proxy;

use crate::command::{Answer, Command, Request, settle};
use crate::names::{self, Side};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["show", "default-server"],
    "show default-server [<backend>]",
    "list what servers may begin with, in all backends or in one",
    |request| settle(run(request)),
)];

fn run(request: &Request<'_>) -> Result<Answer, Answer> {
    let process = request.process;
    let name = request.text(2);
    let mut out = String::new();
    if name.is_empty() {
        let backends = process.shared.runtime.proxies.iter();
        let backends = backends.filter(|proxy| proxy.sides.has_backend() && proxy.is_there());
        backends.for_each(|proxy| list(request, proxy, &mut out));
    } else {
        let found = names::proxy(process, &name, Side::Backend);
        list(request, found.ok_or_else(|| Answer::error("Can't find backend.\n"))?, &mut out);
    }
    Ok(Answer::Dump(out.into_bytes()))
}

/// The first of a backend's has a star before it.
fn list(request: &Request<'_>, proxy: &Arc<Proxy>, out: &mut String) {
    let defaults = &request.process.shared.config.proxy(proxy.id).default_servers;
    let unnamed = defaults.unnamed.iter().map(|_| proxy.name.to_string());
    let named = defaults.named.iter().map(|(name, _)| format!("{}/{}", proxy.name, base::Lossy(name)));
    for (at, line) in unnamed.chain(named).enumerate() {
        out.push_str(if at == 0 { "* " } else { "  " });
        out.push_str(&line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn a_backend_s_own() {
        let lab = Lab::new(
            "backend a\n  default-server check\n  default-server from none\nbackend b\n  default-server weight 9\n  \
             default-server name other weight 5\n",
        );
        assert_eq!(lab.ask("show default-server"), "* b\n  b/other\n");
        assert_eq!(lab.ask("show default-server a"), "");
        assert_eq!(lab.ask("show default-server z"), "Can't find backend.\n");
    }
}
