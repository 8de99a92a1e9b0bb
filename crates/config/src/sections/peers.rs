//! Tables of `peers` sections (configuration manual, chapter 10): `table NAME type ...` makes the table `PEERS/NAME`, which
//! rules of all proxies use. What peers would tell each other of it is not built; what happens here it counts.
//!
//! A table belongs to a proxy, so each of these gets one that holds nothing else and that nobody sees.

use keyword::Sections;
use syntax::{Line, Quoting, Word};

use crate::load::Section;

/// Adds the holders of the tables in `list`, as sections behind all others.
pub(crate) fn add_tables(list: &mut Vec<Section>) {
    let of_section = |section: &Section| -> Vec<Section> {
        let tables = section.lines.iter().filter(|line| line.words[0] == "table" && line.words.len() > 2);
        tables.map(|line| holder(section.name(), line)).collect()
    };
    let peers = list.iter().filter(|section| section.kind == Sections::PEERS);
    let holders: Vec<Section> = peers.flat_map(of_section).collect();
    list.extend(holders);
}

/// `backend PEERS/NAME`, disabled, with the stick table that `line` describes.
fn holder(peers: &[u8], line: &Line) -> Section {
    let name = [peers, b"/", &line.words[1].text].concat();
    let word = |text: &[u8], at: usize| Word {
        text: text.to_vec(),
        span: line.words[at].span,
        quoting: Quoting::Bare,
    };
    let with = |words: Vec<Word>| Line { words, span: line.span };
    let table = [vec![word(b"stick-table", 0)], line.words[2..].to_vec()].concat();
    Section {
        kind: Sections::BACKEND,
        header: with(vec![word(b"backend", 0), word(&name, 1)]),
        lines: vec![with(vec![word(b"disabled", 0)]), with(table)],
        proxy: None,
        from: None,
        holds_peers_table: true,
    }
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, loaded};

    const PEERS: &str =
        "peers p\n  peer local 127.0.0.1:1024\n  table t type ip size 1k store gpc0,conn_rate(3s)\n";

    #[test]
    fn rules_use_a_table_of_peers() {
        let text = format!(
            "{PEERS}defaults d\n  mode http\n  http-request deny\nfrontend f\n  bind 127.0.0.1:8000\n  \
             tcp-request connection track-sc0 src table p/t\n  http-request deny if {{ src_get_gpc0(p/t) gt 1 }}\n"
        );
        assert_eq!(errors(&text), [""; 0]);
        let config = loaded(&text).config;
        let [frontend, holder] = &config.proxies[..] else { panic!("{} proxies", config.proxies.len()) };
        assert!(!frontend.holds_peers_table && holder.holds_peers_table && holder.is_disabled);
        assert_eq!(holder.table.as_ref().map(|table| &*table.name), Some("p/t"));
        // Nothing is inherited.
        assert!(holder.rules.http_request.is_empty() && !frontend.rules.http_request.is_empty());
    }

    #[test]
    fn a_wrong_table_is_told_where_it_stands() {
        let text = PEERS.replace("conn_rate(3s)", "nonsense");
        let told = errors(&text);
        assert!(told.len() == 1 && told[0].contains("nonsense"), "{told:?}");
        let text = format!("{PEERS}backend b\n  stick on src table p/other\n");
        assert!(errors(&text)[0].contains("p/other"), "{:?}", errors(&text));
    }
}
