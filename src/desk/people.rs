//! Who somebody is, what they may do, and how they come to it.

use super::again::until_settled;
use super::{Actor, Call, Desk, DeskError, by_hand, days};
use crate::model::{
    Address, Changes, Code, Identity, Invite, Kind, Lang, Member, Person, PersonId, Rank, Role,
    Segments, Sender, Stored as _, Version, Versioned,
};
use crate::store::StoreError;
use crate::text::say::{NamedIn, Refusal, RoleNamed};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Lets somebody with this role pass.
///
/// # Errors
/// A refusal that names the role, for everybody else.
pub fn may(call: &Call, role: Role) -> Result<&Versioned<Person>, Refusal> {
    match call.staff() {
        Some(person) if person.roles.contains(&role) => Ok(person),
        _ => Err(Refusal::NeedsRole(role)),
    }
}

/// Lets somebody with one of these roles pass.
///
/// # Errors
/// A refusal that names the first of them, for everybody else.
pub(super) fn may_any(call: &Call, roles: [Role; 2]) -> Result<&Versioned<Person>, Refusal> {
    may(call, roles[1]).or_else(|_| may(call, roles[0]))
}

impl Desk {
    /// Begins what somebody does who was met in a chat.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn call(&self, sender: &Sender) -> Result<Call, StoreError> {
        let at = self.clock.now();
        let member = self.hasher.member(&sender.identity);
        let place = Person::by_identity(&sender.identity);
        let known: Option<Versioned<Person>> = self.reads().find_by(place.index, place.at).await?;
        let mut changes = Changes::new();
        let given = self.given_roles(&sender.identity);
        let actor = match known {
            Some(person) => Actor::Staff(person),
            None if !given.is_empty() => Actor::Staff(self.first_seen(sender, given, &mut changes)),
            None => {
                let settings = self.reads().find::<Member>(&Member::key_of(member)).await?;
                Actor::Member(member, settings)
            }
        };
        let lang = match &actor {
            Actor::Staff(person) => person.lang,
            Actor::Member(_, Some(settings)) => settings.lang,
            Actor::Member(_, None) => sender.lang.unwrap_or(self.office.lang),
        };
        let direct = sender.direct.clone();
        Ok(Call { actor, member, direct, lang, at, changes, spoken: None })
    }

    /// Begins what a member of staff does who was met on our own pages.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn call_of(&self, person: PersonId) -> Result<Option<Call>, StoreError> {
        let key = Segments::new().id(person.0).key(Kind::Person);
        let Some(person) = self.reads().find::<Person>(&key).await? else { return Ok(None) };
        let identity = person.identities.first().cloned();
        let member = self.hasher.member(&identity.unwrap_or_else(|| Identity(String::new())));
        Ok(Some(Call {
            member,
            direct: person.direct.clone(),
            lang: person.lang,
            at: self.clock.now(),
            changes: Changes::new(),
            spoken: None,
            actor: Actor::Staff(person),
        }))
    }

    /// Begins what whoever operates the machine does: everything that an editor may. They are nobody of the
    /// staff; what they change is signed with a name that nobody has.
    #[must_use]
    pub fn operator(&self) -> Call {
        let (id, lang, at) = (PersonId(uuid::Uuid::nil()), self.office.lang, self.clock.now());
        let person = Person {
            id,
            identities: BTreeSet::new(),
            name: String::new(),
            roles: BTreeSet::from([Role::Editor]),
            direct: None,
            lang,
            since: at,
        };
        let member = self.hasher.member(&Identity(String::new()));
        let actor = Actor::Staff(Versioned { version: Version(0), value: person });
        Call { actor, member, direct: None, lang, at, changes: Changes::new(), spoken: None }
    }

    /// The roles that the configuration gives to somebody whom it names.
    fn given_roles(&self, identity: &Identity) -> BTreeSet<Role> {
        let administers = self.office.admins.contains(identity).then_some(Role::Administrator);
        let keeps = by_hand::keeps(&self.office.kept, identity).then_some(Role::Keeper);
        administers.into_iter().chain(keeps).collect()
    }

    /// Where the configuration gives a role to somebody: as long as it does, it would come back.
    fn named_in(&self, person: &Person, role: Role) -> Option<NamedIn> {
        person.identities.iter().find_map(|identity| match role {
            _ if identity.0.starts_with(SEAT_IDENTITY) => Some(NamedIn::Seat),
            _ if !self.given_roles(identity).contains(&role) => None,
            Role::Keeper => Some(NamedIn::Group),
            _ => Some(NamedIn::Admins),
        })
    }

    fn first_seen(
        &self,
        sender: &Sender,
        roles: BTreeSet<Role>,
        changes: &mut Changes,
    ) -> Versioned<Person> {
        let person = self.new_person(sender, roles);
        changes.insert(person.clone());
        Versioned { version: Version(0), value: person }
    }

    fn new_person(&self, sender: &Sender, roles: BTreeSet<Role>) -> Person {
        Person {
            id: PersonId(self.clock.fresh()),
            identities: BTreeSet::from([sender.identity.clone()]),
            name: sender.name.clone(),
            roles,
            direct: sender.direct.clone(),
            lang: sender.lang.unwrap_or(self.office.lang),
            since: self.clock.now(),
        }
    }

    /// Chooses the language in which somebody is spoken to.
    pub fn speak(&self, call: &mut Call, lang: Lang) {
        match &call.actor {
            Actor::Staff(person) if person.version.0 > 0 => {
                call.changes.update(person, Person { lang, ..person.value.clone() });
            }
            Actor::Staff(_) => {}
            Actor::Member(key, Some(settings)) => {
                call.changes.update(settings, Member { key: *key, lang });
            }
            Actor::Member(key, None) => call.changes.insert(Member { key: *key, lang }),
        }
        call.lang = lang;
    }

    /// Invites somebody to a role: whoever brings the code within a week has it.
    ///
    /// # Errors
    /// When the caller is no administrator.
    pub fn invite(&self, call: &mut Call, role: Role) -> Result<Code, DeskError> {
        let by = may(call, Role::Administrator)?.id;
        let code = self.code(16);
        let until = call.at.plus(days(7));
        call.changes.insert(Invite { hash: hash_of(&code), role, by, until });
        Ok(code)
    }

    /// Takes up an invitation. Returns the role.
    ///
    /// # Errors
    /// When it was used, has expired, or never was, or whoever made it is no administrator any more.
    pub async fn join(
        &self,
        call: &mut Call,
        sender: &Sender,
        code: &Code,
    ) -> Result<Role, DeskError> {
        let key = Segments::new().bytes(&hash_of(code)).key(Kind::Invite);
        let invite = self.reads().find::<Invite>(&key).await?;
        let invite = invite.filter(|i| i.until > call.at).ok_or(Refusal::InviteGone)?;
        let maker = self.person(invite.by).await?;
        let maker = maker.filter(|by| by.roles.contains(&Role::Administrator));
        // Whoever is dismissed at this moment has invited nobody.
        call.changes.check(&maker.ok_or(Refusal::InviteGone)?);
        call.changes.remove(&invite);
        let role = invite.role;
        match &call.actor {
            Actor::Staff(person) => {
                let mut now = person.value.clone();
                now.roles.insert(role);
                now.direct = call.direct.clone().or(now.direct);
                if person.version.0 > 0 {
                    call.changes.update(person, now);
                } else {
                    // Met for the first time: the call adds them already, without this role.
                    let added = person.key();
                    call.changes.changes.retain(|change| change.key != added);
                    call.changes.insert(now);
                }
            }
            Actor::Member(..) => {
                let person = self.new_person(sender, BTreeSet::from([role]));
                call.changes.insert(person);
            }
        }
        Ok(role)
    }

    /// Everybody who works here.
    ///
    /// # Errors
    /// When the caller is no administrator.
    pub async fn staff(&self, call: &Call) -> Result<Vec<Versioned<Person>>, DeskError> {
        may(call, Role::Administrator)?;
        Ok(self.everybody().await?)
    }

    /// Takes a role away. `person` is the code that the list of staff shows.
    ///
    /// # Errors
    /// When the caller is no administrator, the configuration gives the role, or it would leave no administrator.
    pub async fn dismiss(
        &self,
        call: &mut Call,
        person: &Code,
        role: Role,
    ) -> Result<String, DeskError> {
        may(call, Role::Administrator)?;
        let everybody = self.everybody().await?;
        let found =
            everybody.iter().find(|p| person_code(p.id) == *person && p.roles.contains(&role));
        let found = found.ok_or(Refusal::NoSuchPerson)?;
        if let Some(place) = self.named_in(found, role) {
            return Err(Refusal::Named(RoleNamed { name: found.name.clone(), role, place }).into());
        }
        let others = everybody.iter().any(|p| p.id != found.id && p.roles.contains(&role));
        if role == Role::Administrator && !others {
            return Err(Refusal::LastAdministrator.into());
        }
        let mut now = found.value.clone();
        now.roles.remove(&role);
        if now.roles.is_empty() {
            call.changes.remove(found);
        } else {
            call.changes.update(found, now);
        }
        Ok(found.name.clone())
    }

    /// Those of the staff who have a role and a chat of their own, where they can be told something.
    pub(super) async fn reachable(&self, role: Role) -> Result<Vec<(Address, Lang)>, StoreError> {
        let everybody = self.everybody().await?;
        let with = everybody.into_iter().filter(|p| p.roles.contains(&role));
        Ok(with.filter_map(|p| Some((p.value.direct?, p.value.lang))).collect())
    }

    /// Everybody who works here, without asking who asks.
    pub(super) async fn everybody(&self) -> Result<Vec<Versioned<Person>>, StoreError> {
        let records = self.reads().list(Kind::Person, &[], None, 500).await?;
        records.into_iter().map(crate::store::typed).collect()
    }

    /// Makes everybody a person who has a seat, with exactly these roles: what was added or taken away since
    /// the last time takes effect. Somebody whose seat is no more has no roles any more, unless they also come
    /// in from elsewhere; all others keep what the chat gave them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle_seats(
        &self,
        seats: &[Seat],
        direct: impl Fn(PersonId) -> Address + Sync,
    ) -> Result<Vec<Seated>, StoreError> {
        let mut seated = Vec::with_capacity(seats.len());
        for seat in seats {
            seated.push(until_settled(|| self.settle_seat(seat, &direct)).await?);
        }
        for person in self.everybody().await? {
            let of_seat = |i: &Identity| i.0.starts_with(SEAT_IDENTITY);
            let sits = seated.iter().any(|s| s.person == person.id);
            if person.identities.iter().all(of_seat) && !sits {
                seated.push(until_settled(|| self.leave_seat(person.id)).await?);
            }
        }
        Ok(seated)
    }

    async fn settle_seat(
        &self,
        seat: &Seat,
        direct: &(impl Fn(PersonId) -> Address + Sync),
    ) -> Result<Seated, StoreError> {
        let place = Person::by_identity(&seat.identity);
        let known: Option<Versioned<Person>> = self.reads().find_by(place.index, place.at).await?;
        let Some(person) = known else {
            let person = self.new_sitter(seat, direct);
            let seated = Seated::of(person.id, &BTreeSet::new(), &seat.roles);
            let mut changes = Changes::new();
            changes.insert(person);
            self.store.commit(changes).await?;
            return Ok(seated);
        };
        if person.roles != seat.roles {
            let mut changes = Changes::new();
            changes.update(&person, Person { roles: seat.roles.clone(), ..person.value.clone() });
            self.store.commit(changes).await?;
        }
        Ok(Seated::of(person.id, &person.roles, &seat.roles))
    }

    /// Nobody sits there any more.
    async fn leave_seat(&self, person: PersonId) -> Result<Seated, StoreError> {
        let Some(person) = self.person(person).await? else {
            return Ok(Seated::of(person, &BTreeSet::new(), &BTreeSet::new()));
        };
        let mut changes = Changes::new();
        changes.remove(&person);
        self.store.commit(changes).await?;
        Ok(Seated::of(person.id, &person.roles, &BTreeSet::new()))
    }

    fn new_sitter(&self, seat: &Seat, direct: &impl Fn(PersonId) -> Address) -> Person {
        let sender = Sender {
            identity: seat.identity.clone(),
            name: seat.name.clone(),
            direct: None,
            lang: Some(self.office.lang),
            rank: Rank::Decides,
        };
        // The same on every worker: of two that add them at the same moment, the second finds that the first did.
        let id = PersonId(self.name_from("seat", seat.identity.0.as_bytes()));
        let direct = Some(direct(id));
        Person { id, direct, ..self.new_person(&sender, seat.roles.clone()) }
    }
}

/// What the identity of somebody at a seat begins with.
const SEAT_IDENTITY: &str = "web:seat-";

/// The identity of whoever sits at the seat of this name.
pub(super) fn seat_identity(name: &str) -> Identity {
    Identity(format!("{SEAT_IDENTITY}{name}"))
}

/// Somebody of the staff who works in a browser, as the configuration has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    identity: Identity,
    name: String,
    roles: BTreeSet<Role>,
}

impl Seat {
    /// The seat of whoever colleagues call by this name.
    #[must_use]
    pub fn new(name: &str, roles: BTreeSet<Role>) -> Self {
        let identity = seat_identity(name);
        Self { identity, name: name.to_owned(), roles }
    }
}

/// What became of a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// Who sits there, or sat.
    pub person: PersonId,
    /// Roles that they have now and had not before.
    pub added: BTreeSet<Role>,
    /// Roles that they had before and have no more.
    pub taken: BTreeSet<Role>,
}

impl Seated {
    fn of(person: PersonId, had: &BTreeSet<Role>, has: &BTreeSet<Role>) -> Self {
        Self { person, added: has - had, taken: had - has }
    }
}

/// The code by which the list of staff calls a person.
#[must_use]
pub fn person_code(person: PersonId) -> Code {
    Code::from_random(&person.0.as_bytes()[10..])
}

/// What is kept of a code that is told once.
pub(super) fn hash_of(code: &Code) -> [u8; 32] {
    Sha256::digest(code.as_str().as_bytes()).into()
}
