-- macros: what the relations of the findings say in one word: an address, its network, a client's
-- family, the actor behind a call, an address as digits that begin with those of its network.
CREATE TEMP MACRO address_of(said) AS
  CASE WHEN regexp_full_match(said, '[0-9]{1,3}(\.[0-9]{1,3}){3}') OR said LIKE '%:%:%' THEN said END;
CREATE TEMP MACRO network_of(said) AS
  CASE WHEN said LIKE '%:%:%' THEN
      split_part(said, ':', 1) || ':' || split_part(said, ':', 2) || ':' || split_part(said, ':', 3)
      || '::/48'
    ELSE regexp_replace(address_of(said), '\.[0-9]+$', '.0/24') END;
CREATE TEMP MACRO client_of(agent) AS
  lower(regexp_extract(ltrim(agent, '['), '^[^/ ;(]+'));
CREATE TEMP MACRO actor_of(origin, identity_arn) AS
  -- actors;
CREATE TEMP MACRO nature_of(origin, principal) AS
  -- natures;
CREATE TEMP MACRO groups_of(said) AS
  list_transform(list_filter(string_split(said, ':'), lambda g: g <> ''), lambda g: lpad(g, 4, '0'));
CREATE TEMP MACRO hex_of(said) AS
  CASE WHEN regexp_full_match(said, '[0-9]{1,3}(\.[0-9]{1,3}){3}') THEN
      '4:' || format('{:02x}{:02x}{:02x}{:02x}', CAST(split_part(said, '.', 1) AS INTEGER),
        CAST(split_part(said, '.', 2) AS INTEGER), CAST(split_part(said, '.', 3) AS INTEGER),
        CAST(split_part(said, '.', 4) AS INTEGER))
    WHEN regexp_full_match(said, '[0-9A-Fa-f:]+') AND said LIKE '%:%:%' THEN
      '6:' || lower(array_to_string(groups_of(split_part(said, '::', 1)), '')
        || repeat('0000', 8 - len(groups_of(said)))
        || array_to_string(groups_of(split_part(said, '::', 2)), '')) END;
