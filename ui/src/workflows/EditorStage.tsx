import { useHotkeys } from "@mantine/hooks";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiError, Collection } from "../api";
import { Flow } from "../parts/flow/Flow";
import { flattened, type Place, type Step } from "../parts/flow/tree";
import type { Types, Workflow } from "../queries";
import { EditorDrawer, type Selected } from "./EditorDrawer";
import styles from "./EditorPage.module.css";
import { InsertMenu } from "./InsertMenu";
import { NodeMenu } from "./NodeMenu";
import { newKey, type Spot, subtree } from "./operations";
import type { Editor } from "./useEditor";
import { type Change, type Copied, clipboard } from "./workflow";

type At = { x: number; y: number };

interface Props {
  workflow: Workflow;
  drawn: { trigger: Step; steps: Step[] };
  types: Types;
  collections: Collection[];
  editor: Editor;
  change: UseMutationResult<unknown, ApiError, Change>;
  selected: Selected | null;
  onSelect: (selected: Selected | null) => void;
}

/** The canvas with its menus, and the drawer of what is selected. */
export function EditorStage(props: Props) {
  const { workflow, drawn, types, collections, editor, change, selected, onSelect } = props;
  const [inserting, setInserting] = useState<{ place: Place; at: At } | null>(null);
  const [menu, setMenu] = useState<{ key: string; at: At } | null>(null);
  const [cut, setCut] = useState<string | null>(null);
  const nodes = workflow.nodes ?? [];
  const chosen = selected && "key" in selected ? selected.key : null;

  const spot = (place: Place): Spot => ({
    upstreamKey: nodes.find((each) => each.id === place.upstreamId)?.key ?? null,
    branchIndex: place.branchIndex,
  });

  /** Behind the selected step; where none is, at the end. */
  function following(): Place {
    const node = nodes.find((each) => each.key === chosen);
    const last = chosen === "trigger" ? null : (node?.id ?? drawn.steps.at(-1)?.id ?? null);
    return { upstreamId: last, branchIndex: null };
  }

  function move(key: string, place: Place) {
    const target = spot(place);
    const own = subtree(nodes, key).map((each) => each.key);
    // A step stays where it is when it is dropped right behind itself, or into its own branches.
    if (target.upstreamKey !== null && own.includes(target.upstreamKey)) return;
    void editor.run([{ do: "move", key, ...target }]);
  }

  function copy(key: string | null, { cuts = false } = {}) {
    const node = nodes.find((each) => each.key === key);
    if (!node) return;
    clipboard.put({ type: node.type, title: node.title, config: node.config });
    setCut(cuts ? node.key : null);
  }

  function paste(copied: Copied, place: Place) {
    if (cut) move(cut, place);
    else void editor.run([{ do: "create", node: { ...copied, key: newKey(), ...spot(place) } }]);
    setCut(null);
  }

  useHotkeys([
    ["mod+Z", () => void editor.undo?.()],
    ["mod+shift+Z", () => void editor.redo?.()],
    ["mod+Y", () => void editor.redo?.()],
    ["mod+C", () => copy(chosen), { preventDefault: false }],
    ["mod+X", () => copy(chosen, { cuts: true }), { preventDefault: false }],
    [
      "mod+V",
      () => {
        const copied = clipboard.get();
        if (copied) paste(copied, following());
      },
      { preventDefault: false },
    ],
    [
      "/",
      () =>
        setInserting({
          place: following(),
          at: { x: window.innerWidth / 2 - 160, y: window.innerHeight / 4 },
        }),
    ],
  ]);

  return (
    <div className={styles.stage}>
      <Flow
        {...drawn}
        selected={chosen}
        onSelect={(key) => onSelect(key === null ? null : { key })}
        onInsert={(place, at) => setInserting({ place, at })}
        onMove={move}
        onMenu={(key, at) => setMenu({ key, at })}
      />
      {selected && (
        <EditorDrawer
          selected={selected}
          workflow={workflow}
          types={types}
          collections={collections}
          editor={editor}
          change={change}
          onClose={() => {
            editor.forget();
            change.reset();
            onSelect(null);
          }}
        />
      )}
      {inserting && (
        <InsertMenu
          at={inserting.at}
          types={types.nodes}
          onClose={() => setInserting(null)}
          onChoose={(type) => {
            onSelect({ type, spot: spot(inserting.place) });
            setInserting(null);
          }}
          onPaste={(copied) => {
            paste(copied, inserting.place);
            setInserting(null);
          }}
        />
      )}
      {menu && (
        <NodeMenu
          at={menu.at}
          step={flattened(drawn.steps).find((each) => each.key === menu.key) ?? drawn.trigger}
          onClose={() => setMenu(null)}
          onCopy={() => copy(menu.key)}
          onCut={() => copy(menu.key, { cuts: true })}
          onDelete={(keepBranch) => {
            onSelect(null);
            void editor.run([{ do: "destroy", key: menu.key, keepBranch }]);
          }}
        />
      )}
    </div>
  );
}
