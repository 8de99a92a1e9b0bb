//! `balance roundrobin`: smooth weighted turns in O(log n), weights changing while they go.
//!
//! Time is counted in turns. A server of weight `w` among a total of `W` is due every `W/w` turns: after each of its
//! turns its next position is that much later, the remainder carried along. One round is `W` turns long.
//! ```text
//!   init ──first turn in this round──▶ current ──due after this round──▶ next
//!     ▲                                                                   │
//!     └───────────────── at the end of the round they change places ──────┘
//! ```
//! `current` is ordered by position; `init` and `next`, where positions do not matter yet, by descending weight.
//! Servers of equal order go first in, first out.

use std::collections::BTreeSet;

use base::ServerId;
use smallvec::SmallVec;

use super::farm::Farm;
use crate::server::Role;

/// The highest weight: 256 in sixteenths.
const WEIGHT_MAX: u32 = 256 * 16;

/// A server's place in a tree: the order, the number of the insertion, the server.
type Node = (u32, u64, ServerId);

/// Which tree a server is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tree {
    /// One of the two that change places.
    Waiting(Half),
    /// Those with a position in this round.
    Current,
    /// None: not usable, or just taken out.
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

impl Half {
    fn other(self) -> Half {
        match self {
            Half::First => Half::Second,
            Half::Second => Half::First,
        }
    }
}

/// One server's turns.
#[derive(Debug, Clone, Copy)]
struct Place {
    tree: Tree,
    node: Node,
    /// The turn it is due at, 0 if it had none in this round.
    position: u32,
    /// What the divisions left over, less than its weight.
    remainder: u32,
    /// The weight it is counted with.
    weight: u32,
}

/// The active or the backup servers.
#[derive(Debug)]
struct Round {
    current: BTreeSet<Node>,
    waiting: [BTreeSet<Node>; 2],
    init: Half,
    /// The turn that is next, counted on from the last round's weight.
    now: u32,
    /// The total weight that this round began with.
    weight: u32,
    /// The total weight now.
    weight_next: u32,
}

impl Round {
    fn new(weight: u32) -> Self {
        Round {
            current: BTreeSet::new(),
            waiting: [BTreeSet::new(), BTreeSet::new()],
            init: Half::First,
            now: weight,
            weight,
            weight_next: weight,
        }
    }

    fn half(&mut self, half: Half) -> &mut BTreeSet<Node> {
        &mut self.waiting[half as usize]
    }

    /// Begins a new round.
    fn switch(&mut self) {
        self.init = self.init.other();
        self.weight = self.weight_next;
        self.now = self.weight;
    }
}

/// All turns of a backend.
#[derive(Debug)]
pub(super) struct RoundRobin {
    active: Round,
    backup: Round,
    places: Vec<Place>,
    insertions: u64,
}

impl RoundRobin {
    pub(super) fn new(farm: &Farm) -> Self {
        let mut all = RoundRobin {
            active: Round::new(farm.totals.weight_active),
            backup: Round::new(farm.totals.weight_backup),
            places: Vec::new(),
            insertions: 0,
        };
        for (index, member) in farm.members.iter().enumerate() {
            all.add_place(ServerId::from_index(index));
            if member.is_usable {
                all.places[index].weight = member.weight;
                all.queue_by_weight(ServerId::from_index(index), member.role, Half::First);
            }
        }
        all
    }

    fn add_place(&mut self, id: ServerId) {
        let (tree, node) = (Tree::Out, (0, 0, id));
        self.places.push(Place { tree, node, position: 0, remainder: 0, weight: 0 });
    }

    fn round(&mut self, role: Role) -> &mut Round {
        match role {
            Role::Active => &mut self.active,
            Role::Backup => &mut self.backup,
        }
    }

    /// Follows what changed between two snapshots.
    pub(super) fn update(&mut self, before: &Farm, farm: &Farm) {
        for (index, member) in farm.members.iter().enumerate() {
            let id = ServerId::from_index(index);
            if index == self.places.len() {
                self.add_place(id);
            }
            let was = before.members.get(index).filter(|was| was.is_usable);
            match (was, member.is_usable) {
                (Some(_), false) => self.leave(id, member.role),
                (None, true) => self.enter(id, member.role, member.weight),
                (Some(was), true) if was.weight != member.weight => {
                    self.enter(id, member.role, member.weight)
                }
                (Some(_) | None, _) => {}
            }
        }
        for index in farm.members.len()..self.places.len() {
            let role = before.members.get(index).map_or(Role::Active, |member| member.role);
            self.leave(ServerId::from_index(index), role);
        }
        self.places.truncate(farm.members.len());
    }

    fn leave(&mut self, id: ServerId, role: Role) {
        self.dequeue(id, role);
        let place = &mut self.places[id.index()];
        place.tree = Tree::Out;
        let weight = std::mem::take(&mut place.weight);
        self.round(role).weight_next -= weight;
    }

    /// A server comes in, or its weight changes: it is due when its share of what is left of the round is over.
    fn enter(&mut self, id: ServerId, role: Role, weight: u32) {
        let init = self.round(role).init;
        self.dequeue(id, role);
        let place = &mut self.places[id.index()];
        let had = std::mem::replace(&mut place.weight, weight);
        if place.tree == Tree::Waiting(init) {
            place.remainder = 0;
        }
        let round = self.round(role);
        round.weight_next = round.weight_next - had + weight;
        let left = round.weight_next.wrapping_add(round.weight).wrapping_sub(round.now);
        let position = round.now.wrapping_add(left / weight);
        self.places[id.index()].position = position;
        self.queue(id, role);
    }

    /// Takes a server out of its tree, which it still remembers.
    fn dequeue(&mut self, id: ServerId, role: Role) {
        let Place { tree, node, .. } = self.places[id.index()];
        let round = self.round(role);
        match tree {
            Tree::Waiting(half) => round.half(half).remove(&node),
            Tree::Current => round.current.remove(&node),
            Tree::Out => false,
        };
    }

    /// Puts a server where its position belongs.
    fn queue(&mut self, id: ServerId, role: Role) {
        let place = self.places[id.index()];
        let round = self.round(role);
        let (weight, weight_next) = (round.weight, round.weight_next);
        if place.position >= weight.saturating_mul(2) || place.position >= weight.saturating_add(weight_next)
        {
            let next = round.init.other();
            self.places[id.index()].position -= weight;
            self.queue_by_weight(id, role, next);
            return;
        }
        let fine = WEIGHT_MAX.wrapping_add(place.remainder).wrapping_sub(place.weight) / 16;
        let node = self.node(place.position.wrapping_mul(256).wrapping_add(fine), id);
        self.round(role).current.insert(node);
        self.places[id.index()].tree = Tree::Current;
    }

    fn queue_by_weight(&mut self, id: ServerId, role: Role, half: Half) {
        let weight = self.places[id.index()].weight;
        let node = self.node(WEIGHT_MAX.saturating_sub(weight), id);
        self.round(role).half(half).insert(node);
        self.places[id.index()].tree = Tree::Waiting(half);
    }

    fn node(&mut self, order: u32, id: ServerId) -> Node {
        self.insertions += 1;
        let node = (order, self.insertions, id);
        self.places[id.index()].node = node;
        node
    }

    /// Whose turn it is in this round; a server from `init` begins its count here.
    fn due(&mut self, role: Role) -> Option<ServerId> {
        let round = self.round(role);
        let (now, init) = (round.now, round.init);
        let waiting = round.half(init).first().map(|node| node.2);
        let current = round.current.first().map(|node| node.2);
        if let Some(id) = current
            && self.places[id.index()].position <= now
        {
            return current;
        }
        if let Some(id) = waiting {
            let place = &mut self.places[id.index()];
            (place.position, place.remainder) = (0, 0);
            return waiting;
        }
        current
    }

    /// Uses up one turn of a server and takes it out of its tree.
    fn advance(&mut self, id: ServerId, role: Role) {
        self.dequeue(id, role);
        let round = self.round(role);
        let (now, total) = (round.now, round.weight_next);
        round.now = now.wrapping_add(1);
        let place = &mut self.places[id.index()];
        place.tree = Tree::Out;
        if place.position == 0 {
            place.position = now;
        }
        place.position = place.position.wrapping_add(total / place.weight);
        place.remainder += total % place.weight;
        if place.remainder >= place.weight {
            place.remainder -= place.weight;
            place.position = place.position.wrapping_add(1);
        }
    }

    /// The next server of `role` that has room; `avoid` only if there is no other. `None` if all are saturated.
    pub(super) fn next(
        &mut self,
        farm: &Farm,
        role: Role,
        avoid: Option<ServerId>,
        has_room: impl Fn(ServerId) -> bool,
    ) -> Option<ServerId> {
        let mut skipped: SmallVec<[ServerId; 8]> = SmallVec::new();
        let mut avoided = None;
        let mut has_switched = false;
        let round = self.round(role);
        if round.weight == 0 {
            (round.weight, round.now) = (round.weight_next, round.weight_next);
        }
        let chosen = loop {
            let Some(id) = self.due(role) else {
                if has_switched {
                    break avoided;
                }
                has_switched = true;
                self.round(role).switch();
                continue;
            };
            debug_assert!(farm.is_usable(id), "only usable servers have turns");
            self.advance(id, role);
            if has_room(id) {
                if avoid != Some(id) || avoided.is_some() {
                    break Some(id);
                }
                avoided = Some(id);
            }
            skipped.push(id);
        };
        if let Some(id) = chosen {
            self.queue(id, role);
        }
        self.put_back(&skipped, chosen, role, has_switched);
        chosen
    }

    /// Servers that were passed over keep their turn; after the end of a round only their weight counts.
    fn put_back(&mut self, skipped: &[ServerId], chosen: Option<ServerId>, role: Role, has_switched: bool) {
        for id in skipped.iter().rev().copied().filter(|id| chosen != Some(*id)) {
            if has_switched {
                let init = self.round(role).init;
                self.queue_by_weight(id, role, init);
            } else {
                self.queue(id, role);
            }
        }
    }
}
