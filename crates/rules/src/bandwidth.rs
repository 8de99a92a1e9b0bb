//! Bandwidth limits of a proxy as rules name them (manual, chapter 9.7): `filter bwlim-in` and `bwlim-out` declare them,
//! `set-bandwidth-limit` enables them, whichever line comes first.

use std::sync::{Arc, OnceLock};

use base::{Lossy, ProxyId, clock};
use diag::{Diagnostic, Span, codes};
use sample::{Expr, Txn};
use state::bandwidth::{Direction, Flow, Limit, LimitId};
use state::table::Table;

/// How fast a filter lets bytes pass, and who shares that.
#[derive(Debug)]
pub enum Pace {
    /// `default-limit`, `default-period`: each stream alone.
    Stream(Flow),
    /// `limit`, `key`, `table`: all streams with one entry.
    Shared {
        /// Bytes in a period, which is that of the rate that the table stores.
        bytes: u64,
        /// The entry's key.
        key: Expr,
        /// Whose table it is in.
        table: ProxyId,
    },
}

/// A `filter bwlim-in` or `bwlim-out` line.
#[derive(Debug)]
pub struct BandwidthFilter {
    /// Which way it counts.
    pub direction: Direction,
    /// How fast.
    pub pace: Pace,
    /// `min-size`, in bytes.
    pub bytes_min: u64,
}

/// A name for a filter, declared or not yet.
#[derive(Debug)]
pub struct BandwidthSlot {
    id: LimitId,
    name: Box<[u8]>,
    filter: OnceLock<BandwidthFilter>,
}

impl BandwidthSlot {
    /// What its line said.
    #[must_use]
    pub fn filter(&self) -> Option<&BandwidthFilter> {
        self.filter.get()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Enables it on a stream, from its defaults on, or with a flow of its own: bytes and milliseconds, `None` for those
    /// that are not set. Where it is shared and there is no entry to share, nothing is limited.
    pub fn enable(&self, bytes: Option<u64>, period_ms: Option<u64>, txn: &mut Txn) {
        let Some(filter) = self.filter() else { return };
        let (flow, entry) = match &filter.pace {
            Pace::Stream(flow) => {
                let bytes = bytes.filter(|bytes| *bytes > 0).unwrap_or(flow.bytes);
                let period_ms = period_ms.filter(|period| *period > 0).unwrap_or(flow.period_ms);
                (Flow { bytes, period_ms }, None)
            }
            Pace::Shared { bytes, key, table } => {
                let Some(table) = txn.runtime.proxy(*table).table.clone() else { return };
                let Some(key) = key.eval(txn).and_then(|value| table.key(&value)) else { return };
                let Some(entry) = Table::get_or_create(&table, &key, clock::now()) else { return };
                let stored = table.spec().stored.iter().find(|stored| stored.data == filter.direction.rate());
                let period_ms = stored.map_or(0, |stored| u64::from(stored.period_ms)).max(1);
                (Flow { bytes: *bytes, period_ms }, Some(entry))
            }
        };
        let mut limit = Limit::new(self.id, filter.direction, flow, filter.bytes_min, entry);
        match txn.bandwidth.iter_mut().find(|limit| limit.id == self.id) {
            Some(before) => {
                limit.follow(before);
                *before = limit;
            }
            None => txn.bandwidth.push(limit),
        }
    }
}

/// Where a rule enables a limit.
#[derive(Debug, Clone, Copy)]
struct Use {
    slot: usize,
    span: Span,
    /// Whether the rule sets a flow of its own, which a shared limit has none of.
    has_flow: bool,
}

/// The bandwidth limits of a proxy while its lines are read.
#[derive(Debug, Default)]
pub struct BandwidthNames {
    slots: Vec<Arc<BandwidthSlot>>,
    uses: Vec<Use>,
}

impl BandwidthNames {
    /// The slot of `name`, a new one if nothing named it yet.
    fn slot(&mut self, proxy: ProxyId, name: &[u8]) -> usize {
        if let Some(at) = self.slots.iter().position(|slot| *slot.name == *name) {
            return at;
        }
        let id = LimitId { proxy, filter: self.slots.len() };
        self.slots.push(Arc::new(BandwidthSlot { id, name: name.into(), filter: OnceLock::new() }));
        self.slots.len() - 1
    }

    /// Declares a filter. False: there is one of this name already.
    pub fn declare(&mut self, proxy: ProxyId, name: &[u8], filter: BandwidthFilter) -> bool {
        let at = self.slot(proxy, name);
        self.slots[at].filter.set(filter).is_ok()
    }

    /// Notes that the rule at `span` enables `name`, with a flow of its own or not.
    pub(crate) fn enable(
        &mut self,
        proxy: ProxyId,
        name: &[u8],
        span: Span,
        has_flow: bool,
    ) -> Arc<BandwidthSlot> {
        let slot = self.slot(proxy, name);
        self.uses.push(Use { slot, span, has_flow });
        self.slots[slot].clone()
    }

    /// What is wrong once all lines were read: rules that name no filter, or set what a shared one has none of.
    #[must_use]
    pub fn problems(&self) -> Vec<Diagnostic> {
        self.uses.iter().filter_map(|used| self.problem(*used)).collect()
    }

    fn problem(&self, used: Use) -> Option<Diagnostic> {
        let name = Lossy(&self.slots[used.slot].name).to_string();
        let wrong = |text: String| Diagnostic::error(text).at(used.span).code(codes::ACTION_ARGUMENT);
        match self.slots[used.slot].filter() {
            None => {
                let mut problem = wrong(format!("there is no bandwidth limit `{name}` in this proxy"));
                let known: Vec<String> = self.declared().map(|slot| Lossy(&slot.name).to_string()).collect();
                problem.suggestion =
                    diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
                Some(problem)
            }
            Some(filter) if used.has_flow && matches!(filter.pace, Pace::Shared { .. }) => {
                Some(wrong(format!("`{name}` is shared: rules set neither its limit nor its period")))
            }
            Some(_) => None,
        }
    }

    /// The filters that there are.
    pub fn declared(&self) -> impl Iterator<Item = &Arc<BandwidthSlot>> {
        self.slots.iter().filter(|slot| slot.filter().is_some())
    }
}
