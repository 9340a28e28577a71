//! Who should have which duty, so that nobody has more than a fair share.
//!
//! **Invariant:** the plan follows from what lies in the store alone, so all workers that see the same make the
//! same plan: each duty has one worker in it, which lives, and has it already or is set up for it. Where nothing changes,
//! a plan that is carried out is the next plan as well, and nothing moves.
//!
//! Of what spreads, a worker has at most one duty more than any other that could take one from it, so nobody
//! stands by while another has two. What stays is with one, who goes on with it. Nothing moves to a worker that is
//! fresh, which may be one that dies at once after each of its starts; what is free it may have. A worker takes what
//! is free and its own in the plan, and lets go what is another's. What is free and another's, but was not taken for
//! two beats (whose it is may be about to be found dead), it takes as well, and keeps that until the other is gone,
//! or has had the time to show that it lives.

use crate::model::{Duty, RunId, Wanted};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// What one look at the store shows of those who live.
#[derive(Debug)]
pub(super) struct Look {
    /// Who looks.
    pub(super) me: RunId,
    /// What each would do.
    pub(super) alive: BTreeMap<RunId, Wanted>,
    /// Those of them that began a moment ago.
    pub(super) fresh: BTreeSet<RunId>,
    /// Who has what.
    pub(super) holders: BTreeMap<Duty, RunId>,
    /// What is being let go here.
    pub(super) leaving: HashSet<Duty>,
}

/// Who should have each duty.
type Plan = BTreeMap<Duty, RunId>;

impl Look {
    fn holder(&self, duty: &Duty) -> Option<RunId> {
        self.holders.get(duty).copied()
    }

    fn is_mine(&self, duty: &Duty) -> bool {
        self.holder(duty) == Some(self.me)
    }

    /// What I would do.
    fn wanted(&self) -> impl Iterator<Item = &Duty> {
        self.alive.get(&self.me).into_iter().flat_map(Wanted::all)
    }

    /// Each duty of this sort, with those who would do it, the oldest name first.
    fn claims<'a>(
        &'a self,
        sort: impl Fn(&'a Wanted) -> &'a [Duty],
    ) -> BTreeMap<&'a Duty, Vec<RunId>> {
        let mut claims: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, wanted) in &self.alive {
            for duty in sort(wanted) {
                claims.entry(duty).or_default().push(*id);
            }
        }
        claims
    }

    fn plan(&self) -> Plan {
        let mut plan = self.plan_of_stays();
        plan.extend(self.plan_of_spreads());
        plan
    }

    fn plan_of_stays(&self) -> Plan {
        let claims = self.claims(|wanted| &wanted.stays);
        let has = |id: RunId| claims.keys().filter(|duty| self.holder(duty) == Some(id)).count();
        // Whoever would do most of it; of those, who does most already. One that is fresh if there is no other.
        let keeper = self.alive.iter().filter(|(_, wanted)| !wanted.stays.is_empty());
        let keeper = keeper.max_by_key(|(id, wanted)| {
            (!self.fresh.contains(id), wanted.stays.len(), has(**id), Reverse(**id))
        });
        let keeper = keeper.map(|(id, _)| *id);
        let whose = |(duty, claimants): (&&Duty, &Vec<RunId>)| {
            let keeper = keeper.filter(|id| claimants.contains(id));
            let whose = keeper.or_else(|| self.holder(duty)).or(claimants.first().copied())?;
            Some(((*duty).clone(), whose))
        };
        claims.iter().filter_map(whose).collect()
    }

    fn plan_of_spreads(&self) -> Plan {
        let claims = self.claims(|wanted| &wanted.spreads);
        let mut loads: BTreeMap<RunId, usize> = self.alive.keys().map(|id| (*id, 0)).collect();
        let mut plan = BTreeMap::new();
        for duty in claims.keys() {
            if let Some(holder) = self.holder(duty) {
                *loads.entry(holder).or_default() += 1;
                plan.insert(*duty, holder);
            }
        }
        // What is free goes to whoever has least, which is better than to move something.
        for (duty, claimants) in &claims {
            let least = claimants.iter().min_by_key(|id| loads.get(id));
            if let Some(least) = least.filter(|_| !plan.contains_key(duty)) {
                *loads.entry(*least).or_default() += 1;
                plan.insert(duty, *least);
            }
        }
        // Each move makes the sum of the squares of the loads less, so this ends. First from those that have more than
        // a share, so that nothing is moved to one who would pass it on.
        let takes = claims.into_iter().map(|(duty, mut claimants)| {
            claimants.retain(|id| !self.fresh.contains(id) || plan.get(duty) == Some(id));
            (duty, claimants)
        });
        let takes: BTreeMap<_, _> = takes.collect();
        let share = takes.len().div_ceil(self.alive.len().max(1));
        for least in [share, 0] {
            while even(&takes, &mut plan, &mut loads, least) {}
        }
        plan.into_iter().map(|(duty, id)| (duty.clone(), id)).collect()
    }
}

/// Moves duties from those that have more than this many, and two more than another that would do it as well; of what
/// a worker has, the last. Gives whether anything was moved.
fn even<'a>(
    claims: &BTreeMap<&'a Duty, Vec<RunId>>,
    plan: &mut BTreeMap<&'a Duty, RunId>,
    loads: &mut BTreeMap<RunId, usize>,
    least: usize,
) -> bool {
    let mut moved = false;
    for (duty, claimants) in claims.iter().rev() {
        // Who is not set up for it does not say what it would do: it lets nothing go that we ask for.
        let from = plan.get_mut(duty).filter(|from| claimants.contains(from));
        let to = claimants.iter().min_by_key(|id| loads.get(id)).copied();
        let (Some(from), Some(to)) = (from, to) else { continue };
        let load = |id| loads.get(id).copied().unwrap_or_default();
        if load(&*from) > least && load(&*from) >= load(&to) + 2 {
            loads.entry(*from).and_modify(|load| *load -= 1);
            *loads.entry(to).or_default() += 1;
            *from = to;
            moved = true;
        }
    }
    moved
}

/// What to do about the duties.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    /// To be taken.
    pub(super) take: Vec<Duty>,
    /// To be let go.
    pub(super) leave: Vec<Duty>,
    /// Whether something is about to move: it is worth looking again soon.
    pub(super) restless: bool,
}

/// What is remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Since when a duty that this worker would do has been nobody's, or this one's that should let it go.
    waits: HashMap<Duty, (Option<RunId>, Duration)>,
    /// What was left over by whose it should be, by whom, and until when it is kept.
    kept: HashMap<Duty, (RunId, Duration)>,
}

impl Memory {
    /// Decides over one look. The patience is how long a free duty is left to whose it should be.
    pub(super) fn decide(&mut self, look: &Look, (now, patience): (Duration, Duration)) -> Moves {
        let plan = look.plan();
        self.kept.retain(|_, (of, until)| now < *until && look.alive.contains_key(of));
        let mut moves = Moves { restless: !look.leaving.is_empty(), ..Moves::default() };
        let mut waits = HashMap::new();
        for duty in look.wanted() {
            let is_planned = plan.get(duty) == Some(&look.me);
            let holder = look.holder(duty);
            let before = self.waits.get(duty).filter(|(of, _)| *of == holder);
            let since = before.map_or(now, |(_, since)| *since);
            let waited = now.saturating_sub(since);
            match holder {
                None if is_planned => moves.take.push(duty.clone()),
                None if waited >= patience => {
                    // Eight beats: the other takes part again by then, or was silent for five and counts as dead.
                    let until = now.saturating_add(patience * 4);
                    self.kept.extend(plan.get(duty).map(|of| (duty.clone(), (*of, until))));
                    moves.take.push(duty.clone());
                }
                Some(other) if other != look.me && is_planned => {
                    moves.restless |= waited < patience * 2;
                    waits.insert(duty.clone(), (holder, since));
                }
                None => {
                    waits.insert(duty.clone(), (holder, since));
                }
                Some(_) => {}
            }
        }
        self.waits = waits;
        let goes = |duty: &&Duty| {
            let planned = plan.get(*duty).is_some_and(|id| *id != look.me);
            planned
                && look.is_mine(duty)
                && !look.leaving.contains(*duty)
                && !self.kept.contains_key(*duty)
        };
        moves.leave.extend(look.wanted().filter(goes).cloned());
        moves.restless |= !moves.leave.is_empty();
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn id(number: u8) -> RunId {
        RunId(Uuid::from_u128(u128::from(number)))
    }

    fn account(number: u8) -> Duty {
        Duty::Account(AccountId(format!("{number}")))
    }

    fn round(number: u8) -> Duty {
        Duty::Round(format!("{number}"))
    }

    /// Up to five workers, each set up for some of eight accounts and three rounds, and who has what, be it
    /// set up for it or not.
    fn look() -> impl Strategy<Value = Look> {
        let set_up =
            (prop::collection::vec(any::<bool>(), 8), prop::collection::vec(any::<bool>(), 3));
        let (holders, fresh) = (
            prop::collection::vec(0..8u8, 11),
            prop::collection::vec(prop::bool::weighted(0.3), 5),
        );
        let all = (prop::collection::vec(set_up, 1..5), holders, fresh);
        all.prop_map(|(set_ups, holders, fresh)| {
            let some = |chosen: &[bool], duty: fn(u8) -> Duty| {
                (0..).zip(chosen).filter(|(_, chosen)| **chosen).map(|(n, _)| duty(n)).collect()
            };
            let wanted = |(accounts, rounds): &(Vec<bool>, Vec<bool>)| Wanted {
                stays: some(rounds, round),
                spreads: some(accounts, account),
            };
            let alive: BTreeMap<_, _> =
                (0..).zip(&set_ups).map(|(n, it)| (id(n), wanted(it))).collect();
            let duties = (0..8).map(account).chain((0..3).map(round));
            let held = duties.zip(holders).map(|(duty, n)| (duty, id(n)));
            let holders = held.filter(|(_, holder)| alive.contains_key(holder)).collect();
            let fresh = (0..).zip(fresh).filter(|(_, fresh)| *fresh).map(|(n, _)| id(n)).collect();
            Look { me: id(0), alive, fresh, holders, leaving: HashSet::new() }
        })
    }

    /// Two workers that would do one account, which this one has.
    fn two(holder: Option<u8>) -> Look {
        let wanted = || Wanted { stays: Vec::new(), spreads: vec![account(0)] };
        let alive = [(id(0), wanted()), (id(1), wanted())].into();
        let holders = holder.map(|n| (account(0), id(n))).into_iter().collect();
        Look { me: id(1), alive, fresh: BTreeSet::new(), holders, leaving: HashSet::new() }
    }

    #[test]
    fn what_is_free_is_left_to_whose_it_should_be_for_two_beats_from_when_it_became_free() {
        let (mut memory, beat) = (Memory::default(), Duration::from_secs(3));
        for beats in 0..8 {
            let moves = memory.decide(&two((beats < 5).then_some(0)), (beat * beats, beat * 2));
            let is_taken = moves.take == [account(0)];
            assert_eq!(is_taken, beats == 7, "{beats}: {moves:?}");
        }
        // It keeps that for long enough that whose it should be is found dead, or is there.
        let mut mine = two(Some(1));
        mine.alive.entry(id(1)).and_modify(|wanted| wanted.spreads.push(account(1)));
        mine.holders.insert(account(1), id(1));
        assert_eq!(memory.decide(&mine, (beat * 10, beat * 2)).leave, []);
        assert_eq!(memory.decide(&mine, (beat * 17, beat * 2)).leave, [account(0)]);
    }

    #[test]
    fn what_was_left_over_by_one_that_is_found_dead_is_let_go_to_another() {
        let (mut memory, beat) = (Memory::default(), Duration::from_secs(3));
        let decide =
            |memory: &mut Memory, look: &Look, beats| memory.decide(look, (beat * beats, beat * 2));
        for beats in 0..=2 {
            decide(&mut memory, &two(None), beats);
        }
        // Two are this one's now, and one of them is asked for by a worker that lives.
        let mut mine = two(Some(1));
        let wanted = mine.alive[&id(1)].clone();
        mine.holders.insert(account(1), id(1));
        for wanted in mine.alive.values_mut() {
            wanted.spreads = vec![account(0), account(1)];
        }
        mine.holders.insert(account(2), id(1));
        mine.alive.entry(id(1)).and_modify(|wanted| wanted.spreads.push(account(2)));
        mine.alive.insert(id(2), wanted);
        assert_eq!(decide(&mut memory, &mine, 3).leave, [account(1)]);
        mine.alive.remove(&id(0));
        mine.holders.remove(&account(1));
        assert_eq!(decide(&mut memory, &mine, 4).leave, [account(0)]);
    }

    #[test]
    fn nothing_moves_to_one_that_is_fresh_and_what_is_free_it_may_have() {
        let mut look = two(Some(1));
        look.alive.values_mut().for_each(|wanted| wanted.spreads = (0..4).map(account).collect());
        look.alive.values_mut().for_each(|wanted| wanted.stays = vec![round(0)]);
        look.holders.extend((0..3).map(|n| (account(n), id(1))));
        look.holders.insert(round(0), id(1));
        look.fresh = [id(0)].into();
        let plan = look.plan();
        let theirs: Vec<_> = plan.iter().filter(|(_, of)| **of == id(0)).map(|(d, _)| d).collect();
        assert_eq!(theirs, [&account(3)]);
        look.fresh.clear();
        assert_eq!(look.plan().values().filter(|of| **of == id(0)).count(), 2);
    }

    proptest! {
        /// Whatever is wanted has one worker, who has it or is set up for it; of those that are set up for a duty
        /// and not fresh nobody has two less than who has it; nothing moves from one that is not to one that is; and
        /// where the plan is carried out, it is the plan.
        #[test]
        fn a_plan_is_whole_and_even_and_stands_once_it_is_carried_out(mut look in look()) {
            let plan = look.plan();
            let is_set_up = |id: RunId, duty| look.alive[&id].all().any(|d| d == duty);
            let load = |id: RunId| {
                plan.iter().filter(|(d, w)| **w == id && matches!(d, Duty::Account(_))).count()
            };
            for (worker, wanted) in &look.alive {
                for duty in wanted.all() {
                    let whose = plan[duty];
                    let fits = is_set_up(whose, duty);
                    prop_assert!(fits || look.holder(duty) == Some(whose), "{duty} is {whose:?}'s");
                    if fits && wanted.spreads.contains(duty) && !look.fresh.contains(worker) {
                        let (has, could) = (load(whose), load(*worker));
                        prop_assert!(has <= could + 1, "{duty}: {has} to {could}");
                    }
                }
            }
            for (duty, _) in plan.iter().filter(|(_, whose)| look.fresh.contains(whose)) {
                let settled = |id: &RunId| is_set_up(*id, duty) && !look.fresh.contains(id);
                prop_assert!(!look.holder(duty).as_ref().is_some_and(settled), "{duty}");
            }
            for (duty, whose) in &plan {
                look.holders.insert(duty.clone(), *whose);
            }
            prop_assert_eq!(look.plan(), plan);
        }
    }
}
