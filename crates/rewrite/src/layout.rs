//! The lines of a file with their parts, and how deep each of them stands.

use keyword::Sections;
use std::ops::Range;
use syntax::{Pieces, pieces};

/// One line, without its line feed.
pub(crate) struct Line<'t> {
    /// The bytes.
    pub(crate) text: &'t [u8],
    /// Its parts; `None` for a line that is left as it is.
    pub(crate) pieces: Option<Pieces>,
}

/// What a line is to the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing, or blanks only.
    Blank,
    /// A comment alone.
    Comment,
    /// Opens a section.
    Header,
    /// `.if`
    If,
    /// `.elif` and `.else`
    Else,
    /// `.endif`
    Endif,
    /// Anything else.
    Plain,
}

impl<'t> Line<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        Line { text, pieces: pieces(text) }
    }

    /// The words in their raw form; none for a line that is left as it is.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'t [u8]> {
        let text = self.text;
        self.ranges().iter().map(move |range| &text[range.clone()])
    }

    /// Where the words stand.
    pub(crate) fn ranges(&self) -> &[Range<usize>] {
        self.pieces.as_ref().map_or(&[], |pieces| &pieces.words)
    }

    /// One word in its raw form, or nothing.
    pub(crate) fn word(&self, index: usize) -> &'t [u8] {
        self.ranges().get(index).map_or(b"", |range| &self.text[range.clone()])
    }

    /// The comment, its `#` included.
    pub(crate) fn comment(&self) -> Option<&'t [u8]> {
        self.pieces.as_ref()?.comment.clone().map(|range| &self.text[range])
    }

    /// The section that it opens.
    pub(crate) fn opens(&self) -> Option<Sections> {
        std::str::from_utf8(self.word(0)).ok().and_then(Sections::opened_by)
    }

    /// What it is to the layout.
    pub(crate) fn role(&self) -> Role {
        let Some(pieces) = &self.pieces else { return Role::Plain };
        if pieces.words.is_empty() {
            return if pieces.comment.is_some() { Role::Comment } else { Role::Blank };
        }
        match self.word(0) {
            b".if" => Role::If,
            b".elif" | b".else" => Role::Else,
            b".endif" => Role::Endif,
            _ if self.opens().is_some() => Role::Header,
            _ => Role::Plain,
        }
    }
}

/// The lines of a text; a final line feed opens no line.
pub(crate) fn lines(text: &[u8]) -> Vec<Line<'_>> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|byte| *byte == b'\n').map(Line::new).collect()
}

/// How many steps each line is indented by; `None` for lines that keep what they have.
pub(crate) fn levels(lines: &[Line<'_>]) -> Vec<Option<usize>> {
    let roles: Vec<Role> = lines.iter().map(Line::role).collect();
    let mut levels = code_levels(&roles);
    for index in (0..lines.len()).rev() {
        if roles[index] == Role::Comment {
            levels[index] = Some(comment_level(lines, &roles, &levels, index));
        } else if lines[index].pieces.is_none() {
            levels[index] = None;
        }
    }
    levels
}

/// Blocks around whole sections stand outside of them, others inside.
fn code_levels(roles: &[Role]) -> Vec<Option<usize>> {
    struct Block {
        level: usize,
        is_outside: bool,
    }
    let mut open: Vec<Block> = Vec::new();
    let mut section: Option<usize> = None;
    let inner = |open: &[Block], section: Option<usize>| match (open.last(), section) {
        (Some(block), _) if !block.is_outside => block.level + 1,
        (_, Some(section)) => section + 1,
        (Some(block), None) => block.level + 1,
        (None, None) => 0,
    };
    let mut levels = Vec::with_capacity(roles.len());
    for (index, role) in roles.iter().enumerate() {
        levels.push(match role {
            Role::Blank | Role::Comment => None,
            Role::Plain => Some(inner(&open, section)),
            Role::Header => {
                section = Some(open.len());
                section
            }
            Role::If => {
                let is_outside = holds_sections(&roles[index + 1..]);
                let level = if is_outside { open.len() } else { inner(&open, section) };
                open.push(Block { level, is_outside });
                Some(level)
            }
            Role::Else => Some(open.last().map_or(0, |block| block.level)),
            Role::Endif => Some(open.pop().map_or(0, |block| block.level)),
        });
    }
    levels
}

/// Whether a section begins before the block that is open at the start of `roles` is closed.
fn holds_sections(roles: &[Role]) -> bool {
    let mut depth = 0usize;
    for role in roles {
        match role {
            Role::Header => return true,
            Role::If => depth += 1,
            Role::Endif if depth == 0 => return false,
            Role::Endif => depth -= 1,
            Role::Blank | Role::Comment | Role::Else | Role::Plain => {}
        }
    }
    false
}

/// A comment stands as the line below it does. Where a blank line follows, one that began in the first column stays
/// there, and others stand as the lines above.
fn comment_level(lines: &[Line<'_>], roles: &[Role], levels: &[Option<usize>], index: usize) -> usize {
    let below = roles.get(index + 1).copied();
    if below.is_some_and(|role| role != Role::Blank)
        && let Some(level) = levels[index + 1]
    {
        return level;
    }
    if lines[index].text.starts_with(b"#") {
        return 0;
    }
    let above = (0..index).rev().find(|at| !matches!(roles[*at], Role::Blank | Role::Comment));
    above.map_or(0, |at| match (roles[at], levels[at]) {
        (Role::Header | Role::If | Role::Else, Some(level)) => level + 1,
        (_, level) => level.unwrap_or(0),
    })
}
