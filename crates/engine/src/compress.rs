//! Compression of bodies on their way (`compression` and its filters, chapters 4.2 and 9.2): who agrees on it, within which
//! limits, and what is counted.
//!
//! ```text
//! request rules -> prepare: the request's own body, and what the client accepts
//! response head -> judge: whether this response will be compressed  -> response rules (res.comp) -> announce in the head
//!                                                                                     `-> Coding between source and sink
//! ```
//! A proxy pair without `compression` lines costs two tests of an option in [`prepare`]. Memory for a coder is taken when a
//! body that is compressed begins, and is free again behind its last byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use base::clock;
use config::model::{CompressedWay, Compression, CompressionLimits, ProxyConfig};
use http::Head;
use http::compress::{self, Algorithm, Coder, Consent, More, coder_bytes};
use http::h1::{BodyLength, CHUNK_END, CHUNK_HEADER_BYTES_MAX, chunk_header};
use state::Proxy;
use state::counters::ProxyCounters;

use crate::forward::Way;
use crate::shared::Shared;
use crate::stream::Exchange;

/// Coders in use in this process, `identity` aside.
static CODERS: AtomicU64 = AtomicU64::new(0);

/// What was found out about an exchange before its response came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Agreed {
    /// The request's body is compressed.
    pub(crate) request: Option<Algorithm>,
    /// The client accepts a response that is.
    pub(crate) response: Option<Algorithm>,
}

/// What both proxies of an exchange say. The backend's word comes first.
struct Settings<'c> {
    back: Option<&'c Compression>,
    front: Option<&'c Compression>,
}

impl<'c> Settings<'c> {
    fn of(frontend: &'c ProxyConfig, backend: &'c ProxyConfig) -> Settings<'c> {
        Settings { back: backend.compression.as_deref(), front: frontend.compression.as_deref() }
    }

    fn ways(&self, way: Way) -> impl Iterator<Item = &'c CompressedWay> {
        let both = [self.back, self.front].into_iter().flatten();
        both.map(move |one| match way {
            Way::Request => &one.request,
            Way::Response => &one.response,
        })
    }

    fn is_on(&self, way: Way) -> bool {
        self.ways(way).any(|one| one.has_filter) && self.ways(way).any(|one| one.is_wanted)
    }

    fn algorithms(&self, way: Way) -> &'c [Algorithm] {
        self.ways(way).map(|one| &one.algorithms[..]).find(|list| !list.is_empty()).unwrap_or_default()
    }

    fn types(&self, way: Way) -> &'c [Box<[u8]>] {
        self.ways(way).map(|one| &one.types[..]).find(|list| !list.is_empty()).unwrap_or_default()
    }

    /// Whether a body is worth the work. Of one in chunks nobody knows how long it is.
    fn is_long_enough(&self, way: Way, body: BodyLength) -> bool {
        let bytes_min = self.ways(way).map(|one| one.bytes_min).find(|min| *min > 0).unwrap_or(0);
        match body {
            BodyLength::Length(bytes) => bytes > 0 && bytes >= bytes_min,
            BodyLength::Chunked => true,
            BodyLength::None | BodyLength::UntilClose => false,
        }
    }

    fn is_offload(&self) -> bool {
        [self.back, self.front].into_iter().flatten().any(|one| one.is_offload)
    }
}

/// When all rules have seen the request: compresses its body, and notes what the client accepts.
pub(crate) fn prepare(x: &mut Exchange, frontend: &ProxyConfig, backend: &ProxyConfig) {
    if frontend.compression.is_none() && backend.compression.is_none() {
        return;
    }
    let settings = Settings::of(frontend, backend);
    let request = request_algorithm(x, &settings);
    if let Some(algorithm) = request {
        compress::announce(&mut x.txn.req.head, algorithm);
    }
    let response = accepted(x, &settings);
    x.agreed = (request.is_some() || response.is_some()).then_some(Agreed { request, response });
}

/// What the client accepts of a response; with `offload` no server learns what it asked for.
fn accepted(x: &mut Exchange, settings: &Settings<'_>) -> Option<Algorithm> {
    if !settings.is_on(Way::Response) {
        return None;
    }
    let fields = &mut x.txn.req.head.fields;
    let (chosen, consent) = compress::choose(fields, settings.algorithms(Way::Response))?;
    if settings.is_offload() && consent == Consent::Given {
        fields.remove(b"accept-encoding");
    }
    Some(chosen)
}

fn request_algorithm(x: &Exchange, settings: &Settings<'_>) -> Option<Algorithm> {
    if !settings.is_on(Way::Request) {
        return None;
    }
    let head = &x.txn.req.head;
    let framing = x.framing?;
    let suits = compress::suits_request(head)
        && framing.upgrade == http::h1::Upgrade::None
        && settings.is_long_enough(Way::Request, framing.body)
        && compress::is_type(&head.fields, settings.types(Way::Request));
    let algorithm = settings.algorithms(Way::Request).first().copied().filter(|_| suits)?;
    has_room(x, algorithm).then_some(algorithm)
}

/// When the response's head has come, before rules see it: whether its body will be compressed.
pub(crate) fn judge(x: &mut Exchange) {
    if x.agreed.is_some() {
        let body = x.response_framing.map_or(BodyLength::None, |framing| framing.body);
        x.txn.compression = fitting(x, &x.txn.res.head, body);
    }
}

/// As [`prepare`] and [`judge`] for an answer that is made here instead of a server's.
pub(crate) fn judge_own(x: &mut Exchange, head: &Head, body: BodyLength) {
    let config = x.shared.config.clone();
    let (frontend, backend) = (config.proxy(x.txn.frontend.id), config.proxy(x.txn.backend.id));
    if frontend.compression.is_none() && backend.compression.is_none() {
        return;
    }
    let response = accepted(x, &Settings::of(frontend, backend));
    x.agreed = response.map(|algorithm| Agreed { request: None, response: Some(algorithm) });
    x.txn.compression = fitting(x, head, body);
}

/// How a response with this head and a body of this length is compressed.
fn fitting(x: &Exchange, head: &Head, body: BodyLength) -> Option<Algorithm> {
    let algorithm = x.agreed?.response?;
    let config = &x.shared.config;
    let settings = Settings::of(config.proxy(x.txn.frontend.id), config.proxy(x.txn.backend.id));
    let suits = x.txn.req.head.version().is_11_or_above()
        && !x.wants_head_only()
        && settings.is_long_enough(Way::Response, body)
        && compress::suits_response(head)
        && compress::is_type(&head.fields, settings.types(Way::Response))
        && has_room(x, algorithm);
    suits.then_some(algorithm)
}

/// Whether one more body may be compressed (`maxcomprate`, `maxcompcpuusage`, `maxzlibmem`).
fn has_room(x: &Exchange, algorithm: Algorithm) -> bool {
    let rates = &x.txn.runtime.rates;
    if rates.is_compression_beyond(&rates.compression_in, clock::now()) || is_busy(&x.shared) {
        return false;
    }
    let limits = &x.shared.config.global.compression;
    let memory_bytes = (CODERS.load(Relaxed) + 1).saturating_mul(coder_bytes(limits.window_bits));
    algorithm == Algorithm::Identity
        || limits.memory_bytes_max == 0
        || memory_bytes <= limits.memory_bytes_max
}

/// Whether the workers compute more than `maxcompcpuusage` allows; unless it is set, nobody looks.
fn is_busy(shared: &Shared) -> bool {
    let busy_max = u32::from(shared.config.global.compression.busy_percent_max);
    busy_max < 100 && shared.load.idle_percent(shared.runtime.process.nbthread) < 100 - busy_max
}

/// The coding of a body that begins now; `None`: it goes as it is.
pub(crate) fn begin(x: &Exchange, way: Way) -> Option<Box<Coding>> {
    let algorithm = match way {
        Way::Request => x.agreed?.request?,
        Way::Response => x.txn.compression?,
    };
    Some(Box::new(Coding::new(x, algorithm, way)))
}

/// Codes one body between its source and its sink, and counts.
pub(crate) struct Coding {
    coder: Coder,
    /// What came of the last part.
    coded: Vec<u8>,
    level_max: u8,
    is_counted: bool,
    meter: Meter,
}

/// Where the bytes of a body are counted.
struct Meter {
    shared: Arc<Shared>,
    /// The proxies of a response; those of a request count none.
    proxies: Option<[Arc<Proxy>; 2]>,
}

impl Coding {
    fn new(x: &Exchange, algorithm: Algorithm, way: Way) -> Coding {
        let CompressionLimits { level_max, window_bits, .. } = x.shared.config.global.compression;
        let is_counted = algorithm != Algorithm::Identity;
        if is_counted {
            CODERS.fetch_add(1, Relaxed);
        }
        let proxies = (way == Way::Response).then(|| [x.txn.frontend.clone(), x.txn.backend.clone()]);
        Coding {
            coder: Coder::new(algorithm, level_max, window_bits),
            coded: Vec::new(),
            level_max,
            is_counted,
            meter: Meter { shared: x.shared.clone(), proxies },
        }
    }

    /// Appends to `out`, as a chunk, what comes of `data`; the last chunk is left to the caller.
    pub(crate) fn push(&mut self, data: &[u8], more: More, out: &mut Vec<u8>) {
        self.coded.clear();
        self.coder.push(data, more, &mut self.coded);
        if !self.coded.is_empty() {
            let mut header = [0; CHUNK_HEADER_BYTES_MAX];
            let len = chunk_header(self.coded.len(), &mut header);
            out.extend_from_slice(&header[..len]);
            out.extend_from_slice(&self.coded);
            out.extend_from_slice(CHUNK_END);
        }
        self.fit_level();
        self.meter.count(data.len(), self.coded.len(), self.coder.level());
        if more == More::Nothing {
            self.meter.count_response();
        }
    }

    /// Beyond the limits the coder tries a little less hard, else a little harder.
    fn fit_level(&mut self) {
        let shared = &self.meter.shared;
        let rates = &shared.runtime.rates;
        let level = self.coder.level();
        if rates.is_compression_beyond(&rates.compression_out, clock::now()) || is_busy(shared) {
            self.coder.set_level(level.saturating_sub(1));
        } else if level < self.level_max {
            self.coder.set_level(level + 1);
        }
    }
}

impl Drop for Coding {
    fn drop(&mut self) {
        if self.is_counted {
            CODERS.fetch_sub(1, Relaxed);
        }
    }
}

impl Meter {
    fn count(&self, came: usize, went: usize, level: u8) {
        let rates = &self.shared.runtime.rates;
        let add = |counters: &ProxyCounters| {
            if level > 0 {
                counters.comp_in.add(came as u64);
                counters.comp_out.add(went as u64);
            } else {
                counters.comp_byp.add(came as u64);
            }
        };
        self.each_proxy(add);
        if level > 0 {
            let now = clock::now();
            let bytes = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            rates.compression_in.here().add(now, bytes(came));
            rates.compression_out.here().add(now, bytes(went));
        }
    }

    fn count_response(&self) {
        self.each_proxy(|counters| counters.comp_rsp.bump());
    }

    fn each_proxy(&self, count: impl Fn(&ProxyCounters)) {
        if let Some([frontend, backend]) = &self.proxies {
            count(frontend.frontend.here());
            count(backend.backend.here());
        }
    }
}
