import {
  ActionIcon,
  Avatar,
  Menu,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import { Link } from "@tanstack/react-router";
import {
  Activity,
  Database,
  History,
  Inbox,
  KeyRound,
  Search,
  Settings,
  Shield,
  Table2,
  UsersRound,
  Workflow,
} from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { format, LANGUAGES, type Language, speak } from "../i18n";
import {
  may,
  mayManage,
  titleOf,
  useAbilities,
  useCollections,
  useMe,
  useOpenTasks,
} from "../queries";
import { useSignOut } from "../signOut";
import styles from "./Sidebar.module.css";

/** Where one can go; what the role may not do is absent. */
export function Sidebar({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const { data: abilities } = useAbilities();
  const { data: collections = [] } = useCollections();
  const { data: pending } = useOpenTasks();
  const tables = collections.filter(
    (each) => each.hidden !== true && may(abilities, each.name, "view"),
  );
  const manages = (snippet: string) => mayManage(abilities, snippet);

  return (
    <>
      <div className={styles.mark}>
        <span className={styles.square}>E</span>
        <strong className="grow">Ensuite</strong>
        <Tooltip label={`${t("search")} · Ctrl K`}>
          <ActionIcon aria-label={t("search")} onClick={spotlight.open}>
            <Search size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Item to="/inbox" icon={Inbox} count={pending} onLeave={onLeave}>
        {t("inbox")}
      </Item>
      {tables.length > 0 && <h2 className={styles.group}>{t("data")}</h2>}
      {tables.map((each) => (
        <Item key={each.name} to={`/data/${each.name}`} icon={Table2} onLeave={onLeave}>
          {titleOf(each)}
        </Item>
      ))}
      {["pm.data-source-manager.main", "pm.workflow.workflows", "pm.system-settings"].some(
        manages,
      ) && <h2 className={styles.group}>{t("build")}</h2>}
      {manages("pm.data-source-manager.main") && (
        <Item to="/tables" icon={Database} onLeave={onLeave}>
          {t("tables")}
        </Item>
      )}
      {manages("pm.workflow.workflows") && (
        <>
          <Item to="/workflows" icon={Workflow} onLeave={onLeave}>
            {t("workflows")}
          </Item>
          <Item to="/executions" icon={History} onLeave={onLeave}>
            {t("executions")}
          </Item>
        </>
      )}
      {manages("pm.system-settings") && (
        <Item to="/health" icon={Activity} onLeave={onLeave}>
          {t("health")}
        </Item>
      )}
      <h2 className={styles.group}>{t("access")}</h2>
      {manages("pm.users") && (
        <Item to="/users" icon={UsersRound} onLeave={onLeave}>
          {t("users")}
        </Item>
      )}
      {manages("pm.acl.roles") && (
        <Item to="/roles" icon={Shield} onLeave={onLeave}>
          {t("roles")}
        </Item>
      )}
      <Item to="/api-keys" icon={KeyRound} onLeave={onLeave}>
        {t("apiKeys")}
      </Item>
      <Item to="/settings" icon={Settings} onLeave={onLeave}>
        {t("settings")}
      </Item>
      <span className="grow" />
      <Account />
    </>
  );
}

interface ItemProps {
  to: string;
  icon: ComponentType<{ size?: number; strokeWidth?: number }>;
  /** How much waits there; nothing shows where nothing does. */
  count?: number;
  onLeave: () => void;
  children: ReactNode;
}

function Item({ to, icon: Icon, count = 0, onLeave, children }: ItemProps) {
  return (
    <Link to={to} className={styles.item} onClick={onLeave}>
      <Icon size={16} strokeWidth={1.75} />
      <span className={styles.label}>{children}</span>
      {count > 0 && <span className={styles.count}>{format.number(count)}</span>}
    </Link>
  );
}

function Account() {
  const { t, i18n } = useTranslation();
  const { data: me } = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const name = me?.nickname || me?.username || me?.email || "";
  const signOut = useSignOut();

  return (
    <Menu position="top-start" width={208}>
      <Menu.Target>
        <UnstyledButton className={styles.account}>
          <Avatar aria-hidden size={24} radius="xl" name={name} />
          <span className={styles.label}>{name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("language")}</Menu.Label>
        {Object.entries(LANGUAGES).map(([code, word]) => (
          <Menu.Item
            key={code}
            lang={code}
            aria-current={i18n.language === code || undefined}
            onClick={() => speak(code as Language)}
          >
            {word}
          </Menu.Item>
        ))}
        <Menu.Label>{t("theme")}</Menu.Label>
        {(["auto", "light", "dark"] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            aria-current={colorScheme === scheme || undefined}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`theme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={signOut}>{t("signOut")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
